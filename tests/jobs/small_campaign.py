"""A small good campaign, written to a folder: 12 customers, 15 products, 40 events, two warehouses, every kind of rule.

Tests change one thing and see what comes of it. Small enough to check by eye, complete enough for a whole night.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

TOML = """\
[campaign]
name = "2026-12 small"
ship_date = 2026-12-05
box_size = 3
seed = 7

[signals]
purchase = 4.0
rating = { weight = 2.0, centre = 3.0 }
view = 0.5
half_life_days = 180

[[eligibility]]
name = "hair type"
product = "for_hair"
customer = "hair_type"

[[eligibility]]
name = "allergens"
product = "contains"
customer = "allergies"
unknown = "allow"
sense = "exclude"

[[group]]
by = "category"
at_most = 2

[[group]]
by = "brand"
at_most = 2

[[group]]
by = "category"
value = "skin"
at_least = 1

[[band]]
column = "retail_value"
low = 12.0

[[band]]
column = "weight_g"
high = 700

[[pair]]
kind = "apart"
products = ["P01", "P04"]

[[pair]]
kind = "together"
products = ["P06", "P07"]

[[quota]]
name = "Acme launch"
where = { brand = "Acme" }
customers = { plan = "deluxe" }
at_least = 2

[[quota]]
name = "cost budget"
amount = "unit_cost"
at_most = 400

[short]
policy = "ship_short"
max_share = 1.0

[publish]
keep_runs = 3
max_gap = 1.0

[model]
factors = 4
iterations = 3

[website]
list_length = 5
similar_length = 3
segments = ["plan"]
"""

CUSTOMERS = """\
customer_id,warehouse,wave,slots,plan,hair_type,allergies
C01,north,1,,basic,curly,
C02,north,1,,basic,straight,nuts
C03,north,1,,deluxe,curly|dry,none
C04,north,1,4,deluxe,dry,
C05,north,2,,basic,,nuts|soy
C06,north,2,,deluxe,straight,
007,south,1,,basic,curly,none
7,south,1,,basic,straight,none
C09,south,2,,deluxe,dry,soy
C10,south,2,2,basic,curly,
C11,south,2,,,straight,none
C12,south,2,,basic,curly|straight,nuts
"""

PRODUCTS = """\
product_id,name,category,brand,family,retail_value,unit_cost,weight_g,boxable,on_site,for_hair,contains
P01,Foam cleanser,skin,Acme,,8.5,2.1,120,true,true,,
P02,Day cream,skin,Acme,cream,12.0,3.0,90,true,true,,nuts
P03,Night cream,skin,Bloom,cream,14.0,3.5,90,true,true,,
P04,Clay mask,skin,Bloom,,6.0,1.4,150,true,true,,
P05,Face oil,skin,Corva,,18.0,5.2,60,true,true,,nuts|soy
P06,Curl shampoo,hair,Acme,,7.5,1.9,250,true,true,curly,
P07,Curl conditioner,hair,Acme,,7.5,1.9,250,true,true,curly,
P08,Smooth serum,hair,Bloom,,9.0,2.4,80,true,true,straight|curly,
P09,Repair mask,hair,Corva,,11.0,2.8,180,true,true,dry,soy
P10,"Lip balm, rose",make-up,Corva,balm,4.0,0.8,20,true,true,,
P11,"Lip balm ""mint"" 5 g",make-up,Corva,balm,4.0,0.8,20,true,true,,
P12,Mascara,make-up,Dune,,10.0,2.6,30,true,true,,
P13,Kohl pencil,make-up,Dune,,5.0,1.1,15,true,false,,
P14,Gift card,other,Dune,,25.0,25.0,,false,true,,
P15,Old toner,skin,Acme,,7.0,1.7,,no,yes,,
"""

INVENTORY = "product_id,warehouse,on_hand,reserved,safety_stock,at_least\n" + "".join(
    f"P{number:02d},{warehouse},{4 + number % 3},{number % 2},1,{2 if number == 4 else 0}\n"
    for warehouse in ("north", "south")
    for number in range(1, 14)
)

_PEOPLE = ("C01", "C02", "C03", "C04", "C05", "C06", "007", "7", "C09", "C10", "old customer")
_KINDS = ("purchase", "rating", "view", "view")
EVENTS = "customer_id,product_id,kind,occurred_at,value\n" + "".join(
    f"{_PEOPLE[number % 11]},{f'P{1 + number * 7 % 15:02d}' if number % 13 else 'old product'},{_KINDS[number % 4]},"
    f"2026-{1 + number % 11:02d}-{1 + number % 28:02d}{' 18:30:00' if number % 3 else ''},"
    f"{1 + number % 5 if number % 4 == 1 else ''}\n"
    for number in range(40)
)

SHIPMENTS = """\
customer_id,product_id,shipped_on
C01,P02,2026-11-05
C02,P01,2026-11-05
7,P10,2026-11-05
gone,P99,2025-11-05
"""

EDITS = """\
customer_id,product_id,action,reason
C06,P12,lock,won the draw
C10,P05,ban,asked for no oils
,P13,ban_everywhere,recalled
C12,,drop_customer,paused
"""

FILES = {
    "campaign.toml": TOML,
    "customers.csv": CUSTOMERS,
    "products.csv": PRODUCTS,
    "inventory.csv": INVENTORY,
    "events.csv": EVENTS,
    "shipments.csv": SHIPMENTS,
    "edits.csv": EDITS,
}


def write_small_campaign(
    folder: Path,
    *,
    replace: Mapping[str, tuple[str, str]] | None = None,
    append: Mapping[str, str] | None = None,
    files: Mapping[str, str | bytes | None] | None = None,
) -> Path:
    """Write the campaign, with changes; the folder.

    replace   file name -> (old, new): the old text must be there, and its first occurrence is replaced
    append    file name -> text put at the end of the file
    files     file name -> whole content instead (bytes are written as they are; None leaves the file away)
    """
    folder.mkdir(parents=True, exist_ok=True)
    contents: dict[str, str | bytes | None] = {**FILES, **(files or {})}
    for name, (old, new) in (replace or {}).items():
        text = contents[name]
        assert isinstance(text, str)
        assert old in text, f"{name}: no {old!r} to replace"
        contents[name] = text.replace(old, new, 1)
    for name, more in (append or {}).items():
        text = contents[name]
        assert isinstance(text, str)
        contents[name] = f"{text}{more}"
    for name, content in contents.items():
        if content is not None:
            data = content if isinstance(content, bytes) else content.encode()
            (folder / name).write_bytes(data)
    return folder
