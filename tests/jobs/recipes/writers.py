"""Which exports each recipe is tried on: faithful ones, enough for a night."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.jobs.recipes.plain_files import write_plain_files
from tests.jobs.recipes.shopify_exports import write_shopify
from tests.jobs.recipes.woocommerce_exports import write_woocommerce

WRITERS: dict[str, Callable[[Path], Path]] = {
    "shopify": write_shopify,
    "recharge": write_shopify,
    "woocommerce": write_woocommerce,
    "csv": write_plain_files,
}
"""Recipe -> writes exports into a folder and hands it back."""
