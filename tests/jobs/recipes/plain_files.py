"""A shop's own CSV files, as somebody saved them: other names, semicolons, decimal commas, days with points, stars."""

from __future__ import annotations

from pathlib import Path

from tests.jobs.recipes.shopify_exports import write

CLASSES = ("Tea", "Soap", "Candle", "Balm")


def write_plain_files(folder: Path) -> Path:
    """Products, stock, members, sales and ratings."""
    folder.mkdir(parents=True, exist_ok=True)
    products = [
        [
            f"A{n:03d}",
            f"Thing {n}",
            CLASSES[n % 4],
            f"{9 + n},90",
            "nuts" if n % 3 == 0 else "",
            "http://x.example/1.jpg",
        ]
        for n in range(12)
    ]
    head = ["Artikelnummer", "Bezeichnung", "Kategorie", "Preis", "Allergens", "Image URL"]
    write(folder / "artikel.csv", head, products, delimiter=";", bom=True)
    write(folder / "stock.csv", ["SKU", "Qty"], [[f"A{n:03d}", str(50 + n)] for n in range(12)], newline="\n")
    members = [
        [
            f"{n:04d}",
            f"First{n}",
            f"m{n}@mail.example",
            "deluxe" if n % 2 else "basic",
            "nuts" if n % 4 == 0 else "",
            "active",
        ]
        for n in range(10)
    ]
    write(folder / "members.csv", ["Member ID", "First Name", "E-Mail", "Plan", "Allergies", "Status"], members)
    sales = [
        [f"{1 + n % 28:02d}.{3 + n // 28:02d}.2026", f"{n % 10:04d}", f"A{7 * n % 12:03d}", "1"] for n in range(80)
    ]
    write(folder / "sales.csv", ["Order Date", "Member ID", "SKU", "Qty"], sales)
    ratings = [
        [f"{n % 10:04d}", f"A{5 * n % 12:03d}", str(1 + n % 5), f"2026-05-{1 + n % 28:02d} 10:00:00"] for n in range(30)
    ]
    write(folder / "ratings.csv", ["member_id", "sku", "stars", "rated_at"], ratings)
    return folder
