"""Amazon Beauty by public protocol, on tiny made-up files; the real data by BOXWISE_BEAUTY."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("benchmarks.public", reason="benchmarks belong to the repository, not to the wheel")
from benchmarks import public_beauty, public_first, public_new
from benchmarks.public import main
from benchmarks.public_data import Ordered, read_beauty
from jobs.faults import UsageRefused
from recsys.base.seeds import keyed
from recsys.parts.als import AlsSettings
from recsys.scoring.blend import PartWeights
from recsys.training import Settings, train

BEAUTY = Path(os.environ.get("BOXWISE_BEAUTY", ""))
SMALL = Settings(als=AlsSettings(n_factors=8, n_iterations=3), half_life_days=1e6, popularity_days=1e6)
N_CUSTOMERS, N_ITEMS = 80, 60
N_PARTS = len(public_beauty.PARTS)


@pytest.fixture
def beauty(tmp_path: Path) -> Path:
    """Rings: whoever has item k goes on to k + 1 of the same ten; items of a ring share an attribute."""
    rng = np.random.default_rng(0)
    lines = []
    for customer in range(N_CUSTOMERS):
        ring, start, n = rng.integers(0, N_ITEMS // 10), rng.integers(0, 10), rng.integers(5, 9)
        lines.append(" ".join(map(str, [f"c{customer}", *(10 * ring + (start + np.arange(n)) % 10)])))
    attributes = {str(item): [1 + item // 10, 100 + item % 2, 1_000 + item] for item in range(N_ITEMS)}
    (tmp_path / "Beauty.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (tmp_path / "Beauty_item2attributes.json").write_text(json.dumps(attributes), encoding="utf-8")
    return tmp_path


def sequences(data: Ordered) -> list[list[int]]:
    """Items of each customer, oldest first, the obvious way."""
    out: list[list[tuple[int, int]]] = [[] for _ in range(data.shape[0])]
    for customer, item, step in zip(data.customer_idx, data.item_idx, data.steps, strict=True):
        out[customer].append((-step, item))
    return [[item for _, item in sorted(events)] for events in out]


def test_a_customers_order_is_read_and_ids_do_not_tell_the_numbers(beauty: Path) -> None:
    data = read_beauty(beauty)
    lengths = sorted(len(line.split()) - 1 for line in (beauty / "Beauty.txt").read_text().splitlines())
    ring = {item: np.flatnonzero(row)[0] for item, row in enumerate(data.features.toarray()[:, :6])}

    assert sorted(map(len, sequences(data))) == lengths
    assert all(len({ring[item] for item in items}) == 1 for items in sequences(data))
    assert (np.diff(data.item_seeds.astype(float)) > 0).all()
    assert data.features.shape == (N_ITEMS, 8), "what is said of one item alone is left out"
    np.testing.assert_allclose(np.linalg.norm(data.features.toarray(), axis=1), 1, rtol=1e-6)


def test_the_order_of_lines_changes_nothing(beauty: Path) -> None:
    before = read_beauty(beauty)
    file = beauty / "Beauty.txt"
    file.write_text("\n".join(reversed(file.read_text().splitlines())), encoding="utf-8")
    after = read_beauty(beauty)

    assert sequences(before) == sequences(after)
    assert abs(before.features - after.features).nnz == 0


@pytest.mark.parametrize(("settings", "back"), [("test", 1), ("validation", 2)])
def test_the_item_to_be_found_and_all_after_it_are_not_trained_on(beauty: Path, settings: str, back: int) -> None:
    data = read_beauty(beauty)
    kept, truth = public_beauty.split(data, settings)
    events = data.inputs(kept).events

    for customer, items in enumerate(sequences(data)):
        assert truth[customer] == items[-back]
        mine = events.customer_idx == customer
        order = np.argsort(-events.age_days[mine])
        assert events.item_idx[mine][order].tolist() == items[:-back]


@given(st.data())
def test_ranks_count_every_unseen_item_that_is_no_worse(data: st.DataObject) -> None:
    n, m = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 6))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    scores = rng.integers(0, 3, (n, m)).astype(np.float32)
    seen, truth = rng.random((n, m)) < 0.3, rng.integers(0, m, n)

    slow = [
        sum(scores[c, i] >= scores[c, truth[c]] for i in range(m) if i != truth[c] and not seen[c, i]) for c in range(n)
    ]
    assert public_beauty.ranks(scores, seen, truth).tolist() == slow


def test_gain_by_hand() -> None:
    assert public_beauty.gain(np.array([0, 2])) == pytest.approx((1 + 0.5) / 2)


@given(st.integers(0, 2**32))
def test_the_search_never_ends_below_its_start_and_tells_its_gain(seed: int) -> None:
    rng = np.random.default_rng(seed)
    parts = rng.normal(size=(N_PARTS, 12, 9)).astype(np.float32)
    seen, truth = rng.random((12, 9)) < 0.2, rng.integers(0, 9, 12)
    start = public_beauty.START
    weights, best = public_beauty.search(parts, seen, truth, start)

    def gained(one: PartWeights) -> float:
        total = sum(np.float32(w) * part for w, part in zip(one.all, parts, strict=True))
        return public_beauty.gain(public_beauty.ranks(total, seen, truth))

    assert best >= gained(start) - 1e-9
    assert best == pytest.approx(gained(weights), abs=2e-2)
    assert all(
        b == 0 or np.log2(b / a) == round(np.log2(b / a)) for a, b in zip(start.all, weights.all, strict=True) if a
    )


def test_the_search_keeps_what_tells_and_drops_what_misleads() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 20, 50)
    parts = np.zeros((N_PARTS, 50, 20), np.float32)
    parts[0, np.arange(50), truth] = 1
    parts[2] = -3 * parts[0]
    weights, best = public_beauty.search(parts, np.zeros((50, 20), bool), truth, PartWeights(affinity=1, attributes=1))

    assert weights.affinity > 3 * weights.attributes
    assert best == 1


def test_leave_last_out_finds_the_next_item_of_a_ring(beauty: Path) -> None:
    data = read_beauty(beauty)
    lines = list(public_beauty.report(data, "test", SMALL))
    value = float(next(line for line in lines if line.startswith("boxwise")).split()[1])

    assert lines[0].endswith(f"{N_CUSTOMERS} customers")
    assert value > 0.9, "a ring has ten items, of which five or more were had"
    assert any(line.startswith("search over") for line in public_beauty.report(data, "validation", SMALL, most=30))


def test_scores_of_the_model_rank_as_the_parts_do(beauty: Path) -> None:
    data = read_beauty(beauty)
    kept, truth = public_beauty.split(data, "validation")
    model = train(data.inputs(kept), SMALL).model
    who, seen = np.arange(data.shape[0]), data.matrix(kept)
    for part, name in enumerate(public_beauty.PARTS):
        alone = public_beauty.standard_parts(model, who)[part]
        by_parts = public_beauty.ranks(alone, seen.toarray() > 0, truth)
        by_model = public_beauty.ranks_of(model, who, seen, truth, PartWeights(**{name: 1.0}))

        assert (by_parts == by_model).mean() > 0.9, name  # squashing may merge two floats


def test_held_out_items_lose_all_events_and_other_seeds_draw_others(beauty: Path) -> None:
    data = read_beauty(beauty)
    drawn = set()
    for seed in range(5):
        kept, question = public_new.ask(data, seed)
        held = set(question.items.tolist())
        drawn.add(tuple(sorted(held)))
        assert not held & set(data.item_idx[kept].tolist())
        assert set(data.item_idx[~kept].tolist()) == held
        for row, customer in enumerate(question.customers):
            mine = set(sequences(data)[customer])
            assert set(question.items[question.took[row].indices].tolist()) == mine & held
            assert mine - held
    assert len(drawn) > 1


def test_attributes_tell_who_wants_a_new_item(beauty: Path) -> None:
    data = read_beauty(beauty)
    kept, question = public_new.ask(data, 0)
    model = public_new.fitted(data, kept, question, 8, 20.0)
    found = dict(public_new.answers(model, question))

    assert not model.warm_items[question.items].any()
    for name in ("content cosine", "boxwise, packing", "boxwise, lists"):
        assert found[name].auc > 0.8, name
        assert found[name].ndcg > 0.6, name
    assert found["boxwise, packing"].auc == pytest.approx(
        found["boxwise, lists"].auc, abs=1e-3
    )  # popularity is no taste


def test_a_perfect_order_has_every_figure_at_one() -> None:
    took = sp.csr_matrix(np.array([[1, 0], [0, 1], [1, 1]], np.float32))
    question = public_new.Question(np.arange(3), np.arange(2), took)

    assert public_new.answer(took.toarray(), question) == public_new.Answer(1.0, 1.0, 1.0)
    assert public_new.answer(np.zeros((3, 2), np.float32), question).auc == 0.5


@pytest.mark.parametrize("protocol", ["beauty", "new-products", "gowalla"])
def test_missing_files_are_refused_in_one_line(
    protocol: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([protocol, str(tmp_path / "nowhere")]) == int(UsageRefused.exit)
    assert capsys.readouterr().err.startswith("not found: ")


def test_first_ratings_are_given_back_and_the_others_are_to_be_found_whatever_their_number(beauty: Path) -> None:
    data = read_beauty(beauty)
    found = {}
    for count in (0, 1, 2):
        kept, question = public_first.ask(data, 1, count)
        held = keyed(data.item_seeds, 1_001) % np.uint64(10) == 0
        back = np.bincount(data.item_idx[kept & held[data.item_idx]], minlength=N_ITEMS)
        known = data.matrix(kept)[question.customers][:, question.items].toarray() > 0

        assert len(question.items) > 0
        assert set(back[question.items]) == {count}
        assert kept[~held[data.item_idx]].all()
        assert not (known & (question.took.toarray() > 0)).any()
        assert (known == (question.known.toarray() > 0)).all()
        found[count] = {
            (int(customer), int(item))
            for customer, item in zip(*question.took.nonzero(), strict=True)
            for customer, item in [(question.customers[customer], question.items[item])]
        }
        more = {item for _, item in found[count]}
        assert {pair for pair in found[0] if pair[1] in more} >= found[count]


def test_who_is_known_to_have_taken_an_item_is_asked_no_more_about_it() -> None:
    took = sp.csr_matrix(np.array([[0, 1], [1, 0], [0, 1]], np.float32))
    known = sp.csr_matrix(np.array([[1, 0], [0, 0], [0, 0]], np.float32))
    question = public_first.Question(np.arange(3), np.arange(2), took, known)
    scores = np.array([[9, 1], [5, 2], [4, 3]], np.float32)

    ndcg, auc = public_first.answer(scores, question)

    assert ndcg == pytest.approx((1 + 1 + 1 / np.log2(3)) / 3)
    assert auc == pytest.approx((1 + 0.5) / 2)


@pytest.mark.parametrize("settings", ["validation", "test"])
def test_every_number_of_ratings_is_reported(beauty: Path, settings: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(public_first, "SETTINGS", SMALL)
    lines = list(public_first.report(read_beauty(beauty), settings, (0, 1)))

    assert sum(line.startswith(settings) for line in lines) == 2
    n_halves = len(public_first.HALF_KNOWNS) if settings == "validation" else 1
    assert sum("map alone" in line for line in lines) == 2
    assert sum("whole score, lists" in line for line in lines) == 2 * n_halves
    assert sum("half trust" in line for line in lines) == 2 * (
        len(public_first.HALF_TRUSTS) if settings == "validation" else 1
    )


@pytest.mark.skipif(not (BEAUTY / "Beauty.txt").is_file(), reason="set BOXWISE_BEAUTY to the folder of the data")
def test_the_real_beauty_has_its_published_size() -> None:
    data = read_beauty(BEAUTY)

    assert (*data.shape, len(data.steps)) == (22_363, 12_101, 198_502)
