"""[reasons] of campaign.toml: which columns a reason may name to a shopper, and which never."""

from __future__ import annotations

from pydantic import model_validator

from jobs.config.base import Names, Part
from jobs.config.faults import law
from jobs.words import shown


class Reasons(Part):
    """[reasons]: columns of customers and products that are told to shoppers.

    say        private columns that may be told all the same
    never_say  columns that are never told, though they teach
    """

    say: Names = ()
    never_say: Names = ()

    @model_validator(mode="after")
    def _one_word(self) -> Reasons:
        for name in self.never_say:
            if name in self.say:
                raise law(shown(name), "a column that reasons.say does not name", key="never_say")
        return self
