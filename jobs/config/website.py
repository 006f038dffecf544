"""[website] of campaign.toml: how long the website's lists are, how varied, and for which segments.

What each key means to a list stands in docs/campaign.md and docs/recommending.md.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from jobs.config.base import Name, Names, Part

InList = Annotated[int, Field(ge=1, le=1000)]
"""Products of one value in a list of the website."""


class Website(Part):
    """[website]: lengths of its lists, customers columns with bestsellers of their own, how varied a list must be."""

    list_length: int = Field(default=20, ge=1, le=1000)
    similar_length: int = Field(default=10, ge=1, le=1000)
    segments: Names = ()
    baskets: int = Field(default=20_000, ge=0, le=1_000_000)
    at_most: dict[Name, InList] = Field(default={})
