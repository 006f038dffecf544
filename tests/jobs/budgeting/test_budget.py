"""What a night's stages are given before a deadline: by what they took before, and never more than there is."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.budgeting.budget import ALWAYS, LEAST_PACKING, MAY_BE_KEPT, SHARES, STAGES, Budget, Took, took_before
from jobs.faults import NoTimeLeft

NIGHT = {
    "extract": 6, "evaluate": 40, "train": 30, "score": 2, "pack": 20, "verify": 6, "lists": 12, "stage": 9,
    "audit": 11, "publish": 1,
}  # fmt: skip
NOW = datetime(2026, 11, 28, 2, 0, tzinfo=UTC)


def budget(left: float | None, **more: object) -> Budget:
    """A budget with so many seconds left, after nights as NIGHT."""
    before = {stage: Took(seconds, {"customers": 100, "events": 1_000}) for stage, seconds in NIGHT.items()}
    until = None if left is None else NOW + timedelta(seconds=left)
    return Budget(until, before, now=lambda: NOW, **more)  # type: ignore[arg-type]


def chosen(left: float, *, judged: bool = False, trained: bool = False) -> Budget:
    made = budget(left)
    made.choose_share(lambda _: judged, trained)
    return made


ALL = sum(NIGHT.values()) - NIGHT["extract"]


def test_with_time_enough_nothing_is_done_with_less() -> None:
    for made in (chosen(ALL), chosen(10 * ALL)):
        assert (made.share, made.shortened, made.lines) == (1.0, (), [])
    assert budget(None).packing() is None
    assert budget(None).as_json() is None


def test_the_evaluation_gives_way_first_and_no_more_than_it_must() -> None:
    for share in SHARES[1:]:
        spared = NIGHT["evaluate"] * (1 - ALWAYS) * (1 - share)
        assert chosen(ALL - spared).share == share
        assert chosen(ALL - spared + 0.01).share == share
    assert "the evaluation looked at 1/8 of the customers" in chosen(ALL - spared).shortened[0]


def test_packing_gives_way_next_and_is_left_what_the_stages_after_it_do_not_need() -> None:
    made = chosen(ALL - NIGHT["evaluate"] * (1 - ALWAYS) - 1)
    after = sum(NIGHT[stage] for stage in ("verify", "lists", "stage", "audit", "publish"))

    assert made.share > SHARES[-1], "with a shorter packing there is time to look at more customers"
    assert budget(after + 14).packing() == pytest.approx(14)
    with pytest.raises(NoTimeLeft):
        budget(after + NIGHT["pack"] * LEAST_PACKING - 0.1).packing()


def test_a_night_that_cannot_make_it_says_so_with_figures() -> None:
    with pytest.raises(NoTimeLeft) as refused:
        chosen(60)

    assert int(refused.value.exit) == 9
    (line,) = refused.value.lines
    least = ALL - NIGHT["evaluate"] * (1 - ALWAYS) * (1 - SHARES[-1]) - NIGHT["pack"] * (1 - LEAST_PACKING)
    assert line == (
        f"the night must be over at 02:01:00, in 60 s, and from evaluate on takes at least {least:,.0f} s as the last "
        "nights did (train 30 s, evaluate 14 s, lists 12 s); nothing was published"
    )


def test_what_is_kept_needs_no_time() -> None:
    whole = chosen(45, judged=True, trained=True)
    assert whole.share == 1.0
    assert whole.done == MAY_BE_KEPT
    whole.known(pack=False, lists=True)
    assert whole.packing() == pytest.approx(45 - 6 - 9 - 11 - 1)
    with pytest.raises(NoTimeLeft):
        chosen(45, judged=True)


def test_more_rows_take_longer_and_fewer_are_not_trusted_to_take_less() -> None:
    made = budget(1_000, rows={"customers": 100, "events": 2_500, "edits": 7})
    assert made.needs("train") == 2.5 * NIGHT["train"]
    made.rows = {"customers": 10, "events": 10}
    assert made.needs("train") == NIGHT["train"]


def test_after_the_deadline_nothing_is_published_however_little_is_left_to_do() -> None:
    made = Budget(NOW, {}, now=lambda: NOW + timedelta(seconds=1))
    with pytest.raises(NoTimeLeft, match="in 0 s"):
        made.check("publish")
    Budget(NOW + timedelta(seconds=1), {}, now=lambda: NOW).check("publish")


@given(st.floats(0, 200), st.booleans(), st.booleans())
def test_what_is_promised_fits(left: float, judged: bool, trained: bool) -> None:
    try:
        made = chosen(left, judged=judged, trained=trained)
    except NoTimeLeft:
        return
    ahead = [stage for stage in STAGES[1:] if stage not in made.done]
    assert sum(made.needs(stage, made.share, least=True) for stage in ahead) <= left + 1e-5


def test_what_stages_took_is_read_off_the_newest_night_that_did_them(tmp_path: Path) -> None:
    def row(day: int, status: str, **stages: tuple[float, bool]) -> str:
        told = [{"stage": name, "seconds": took, "reused": reused} for name, (took, reused) in stages.items()]
        inputs = {"events": {"rows": day * 100}, "edits": {"rows": 0}}
        at = {"ended_utc": f"2026-11-{day:02}T02:00:00Z", "status": status, "run_id": f"r-{day}"}
        return json.dumps({**at, "exit": 0, "stages": told, "inputs": inputs})

    assert took_before(tmp_path) == {}
    nights = [
        row(1, "published", evaluate=(50.0, False), train=(30.0, False)),
        row(2, "published", evaluate=(0.1, True), train=(31.0, False)),
        row(3, "refused", evaluate=(70.0, False)),
    ]
    (tmp_path / "history.jsonl").write_text("\n".join(nights) + "\n", encoding="utf-8")

    assert took_before(tmp_path) == {
        "evaluate": Took(50.0, {"events": 100}),
        "train": Took(31.0, {"events": 200}),
    }
