"""[limits] of campaign.toml: every threshold by which inputs are bounded, refused or told.

What each key means to a table stands in docs/campaign.md.
"""

from __future__ import annotations

from pydantic import Field

from jobs.config.base import Part


class Limits(Part):
    """[limits]: how much one customer can add.

    per_product   events of one customer with one product that count, at most: the weightiest, of equal ones the newest
    per_customer  events of one customer that count, at most: the newest
    """

    per_product: int = Field(default=5, ge=1, le=1_000_000)
    per_customer: int = Field(default=2_000, ge=1, le=100_000_000)
