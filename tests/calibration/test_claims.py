"""The instrument itself: it sees a fault, does not see one where there is none, and resumes."""

from __future__ import annotations

import dataclasses
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from core import api
from core.calibration import measure as measuring
from core.calibration import request as asking
from core.calibration.base import Claim, Outcome, Trials, claim
from core.calibration.measure import interval
from core.calibration.registry import CLAIMS
from core.calibration.table import read_table, write_table
from core.calibration.tables import audited, random_rates, weighted
from core.contracts import CalibrationTable, Gap, MeasuredClaim
from core.control import LocalControl
from core.errors import Cancelled, InputError, UnknownNameError

Measure = Callable[..., MeasuredClaim]


@pytest.mark.parametrize("id", CLAIMS)
def test_every_claim_can_fail_and_is_shown_not_to_be_silence(id: str) -> None:
    """Whoever never flags anything keeps every "at most": something must ask for the opposite."""
    card = CLAIMS[id].card
    assert card.id == id
    assert card.quick <= card.n
    assert card.claim.endswith(".")
    assert card.how.endswith(".")
    if card.direction == "at most":
        assert CLAIMS[card.beside].card.direction == "at least"
    # Were the event certain (or impossible), even the quick run would see it.
    low, high = interval(card.quick if card.direction == "at most" else 0, card.quick)
    if not card.needs:
        assert low > card.bound or high < card.bound


def test_draws_are_the_claims_own_and_do_not_depend_on_their_number(coin: Callable) -> None:
    def first(id: str, n: int, seed: int = 0) -> list[float]:
        return [g.random() for g in Trials(id, n, seed, "", LocalControl()).generators()]

    assert first("a", 5) == first("a", 9)[:5]
    assert not set(first("a", 5)) & set(first("b", 5))
    assert not set(first("a", 5)) & set(first("a", 5, seed=1))


def test_a_claim_is_broken_where_its_whole_interval_lies_outside(
    coin: Callable[..., Claim], measure: Measure
) -> None:
    assert measure(coin(0.04), 400).status == "holds"
    assert measure(coin(0.15), 400).status == "broken"
    assert measure(coin(0.15), 400, seed=1).status == "broken"
    assert measure(coin(0.10), 5).status == "not refuted"  # too few to tell


def test_the_interval_is_clopper_and_pearsons() -> None:
    assert interval(0, 10) == pytest.approx((0, 0.3085), abs=1e-4)
    assert interval(5, 20) == pytest.approx((0.0866, 0.4910), abs=1e-4)


def test_a_claim_that_nothing_speaks_of_is_not_measured(measure: Measure) -> None:
    def silent(trials: Trials) -> Iterator[Outcome]:
        yield from (None for _ in trials.generators())

    mute = claim("m", "T", "C.", "H.", silent, unit="tables", n=9, quick=9, at_most=0.05)
    found = measure(mute, 9)
    assert (found.status, found.n, found.asked) == ("not measured", 0, 9)
    assert "Only 0 of 9 tables" in found.reason


def test_a_verdict_that_says_pass_to_everything_makes_it_red(
    monkeypatch: pytest.MonkeyPatch, measure: Measure
) -> None:
    monkeypatch.setattr(Gap, "verdict", property(lambda gap: "pass"))
    assert measure(CLAIMS["gaps.pass.6"], 10).status == "broken"
    assert measure(CLAIMS["gaps.found"], 10).status == "broken"
    assert measure(CLAIMS["small.found"], 10).status == "broken"
    assert measure(CLAIMS["gaps.flag.6"], 10).status == "not refuted"  # hence a claim beside it


def test_a_verdict_that_flags_everything_makes_it_red(
    monkeypatch: pytest.MonkeyPatch, measure: Measure
) -> None:
    monkeypatch.setattr(Gap, "verdict", property(lambda gap: "flag"))
    assert measure(CLAIMS["gaps.flag.null"], 5).status == "broken"
    assert measure(CLAIMS["gaps.passed"], 5).status == "broken"


def test_intervals_that_are_too_narrow_make_it_red(
    monkeypatch: pytest.MonkeyPatch, measure: Measure
) -> None:
    from core.calibration import rates

    monkeypatch.setattr(rates, "wilson", lambda k, n: (0.99 * k / n, 1.01 * k / n))
    assert measure(CLAIMS["intervals.rate"], 200).status == "broken"


def test_true_gaps_are_what_they_are_said_to_be() -> None:
    rng = np.random.default_rng(3)
    for groups in (2, 3, 25):
        for gap in (0.0, 0.1, 0.4):
            rates = random_rates(rng, groups, gap)
            assert np.ptp(rates) == pytest.approx(gap)
            assert rates.min() >= 0
            assert rates.max() <= 1


@pytest.mark.parametrize("rejected", [1.0, 3.0])
def test_weighted_tables_have_their_rates_and_true_squares_in_every_cell(rejected: float) -> None:
    """On old code the squares of a cell were its share of those of its group."""
    rates, n = np.array([0.9, 0.5]), np.array([40_000, 40_000])
    cells = weighted(np.random.default_rng(2), rates, n, rejected=rejected)
    said, squares = cells.w[:, 0], cells.w2[:, 0]
    assert said[:, 1] / said.sum(axis=1) == pytest.approx(rates, abs=0.02)
    assert (cells.n.sum(axis=(1, 2)) == n).all()
    mean_square = squares / said  # of a gamma of shape 2 and mean 1: 1.5, times the weight
    assert mean_square == pytest.approx(np.array([[1.5 * rejected, 1.5]] * 2), rel=0.05)


def test_tables_are_audited_as_the_facade_audits_them() -> None:
    rng = np.random.default_rng(0)
    columns = {"y": rng.integers(0, 2, 400), "p": rng.integers(0, 2, 400),
               "g": rng.integers(0, 3, 400).astype(str)}  # fmt: skip
    options = {"label": "y", "prediction": "p", "groups": ["g"], "seed": 3}
    ours, facade = audited(columns, **options), api.audit_columns(columns, **options)
    assert [g.to_artefact().document for g in ours.gaps] == [
        g.to_artefact().document for g in facade.gaps
    ]


# ---- the run


@pytest.fixture
def coins(monkeypatch: pytest.MonkeyPatch, coin: Callable[..., Claim]) -> dict[str, int]:
    """Two claims in place of the registry's, and how often each one was measured."""
    counted: dict[str, int] = {}

    def watched(id: str, chance: float) -> Claim:
        inner = coin(chance, id=id)

        def measure(trials: Trials) -> Iterator[Outcome]:
            counted[id] = counted.get(id, 0) + 1
            yield from inner.measure(trials)

        return dataclasses.replace(inner, measure=measure)

    known = {"coin.head": watched("coin.head", 0.02), "coin.tail": watched("coin.tail", 0.5)}
    for module in (measuring, asking):
        monkeypatch.setattr(module, "CLAIMS", known)
    return counted


def test_a_run_that_was_stopped_goes_on_where_it_was(coins: dict[str, int]) -> None:
    stop = threading.Event()

    def after_the_first(fraction: float, message: str) -> None:
        if fraction >= 0.6:
            stop.set()

    control = LocalControl(on_progress=after_the_first, stop=stop)
    with pytest.raises(Cancelled):
        api.calibrate(quick=True, seed=101, control=control)
    found = api.calibrate(quick=True, seed=101)
    assert coins == {"coin.head": 1, "coin.tail": 2}
    assert [row.status for row in found.rows] == ["not refuted", "broken"]
    assert [row.card.id for row in found.broken] == ["coin.tail"]
    assert api.calibrate(quick=True, seed=101).cached
    assert coins == {"coin.head": 1, "coin.tail": 2}


def test_another_code_is_measured_anew(
    coins: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    api.calibrate(only=["coin.head"], quick=True, seed=102)
    monkeypatch.setattr(asking, "code_fingerprint", lambda: "another")
    api.calibrate(only=["coin.head"], quick=True, seed=102)
    assert coins["coin.head"] == 2


def test_unknown_claims_are_refused_with_what_there_is() -> None:
    with pytest.raises(UnknownNameError, match="gaps, small"):
        api.calibrate_request(only=["gap"])


def test_only_takes_what_ids_begin_with() -> None:
    assert api.calibrate_request(only=["small"]).claims == (
        "small.hidden", "small.found", "small.chance",
    )  # fmt: skip


# ---- the table that comes along


def test_the_table_that_comes_along_is_about_these_claims() -> None:
    rows = {row.card.id: row for row in api.calibration_table().rows}
    assert list(rows) == list(CLAIMS)
    for id, row in rows.items():
        assert row.card == CLAIMS[id].card
        if row.measured:
            assert (row.low, row.high) == pytest.approx(interval(row.k, row.n))
            assert row.k <= row.n <= row.asked


def test_rows_that_were_not_measured_now_stay(tmp_path: Path) -> None:
    shipped = api.calibration_table()
    file = tmp_path / "table.json"
    write_table(shipped, file)
    first = shipped.rows[0]
    newer = dataclasses.replace(first, k=1, n=10, measured="2026-01-01", reason="")
    merged = write_table(dataclasses.replace(shipped, rows=(newer,)), file)
    assert merged.rows == (newer, *shipped.rows[1:])
    assert read_table(file).rows == merged.rows
    file.write_text("{}")
    with pytest.raises(InputError, match=r"--out table\.json"):
        read_table(file)


def test_the_command_names_broken_claims_and_says_so_in_its_status(
    coins: dict[str, int], capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    from core.cli import main

    with pytest.raises(SystemExit) as end:
        main(["calibrate", "--quick", "--seed", "103", "--json"])
    document = json.loads(capfd.readouterr().out)
    assert end.value.code == 1
    assert document["broken"] == ["coin.tail"]
    assert [row["status"] for row in document["rows"]] == ["not refuted", "broken"]
    assert document["rows"][1]["command"] == (
        "python -m core calibrate --only coin.tail --quick --seed 103"
    )
    with pytest.raises(SystemExit) as end:
        main(["calibrate", "--only", "coin.head", "--quick", "--seed", "103"])
    assert end.value.code == 0
    assert "Of 1 claims 0 hold" in capfd.readouterr().out
    with pytest.raises(SystemExit) as end:
        main(["calibrate", "--quick", "--out", "table.txt"])
    assert end.value.code == 2
    assert "--out takes a .json file" in capfd.readouterr().err
    request = api.calibrate_request(only=["coin.head"], quick=True, seed=103)
    assert request.command() == "python -m core calibrate --only coin.head --quick --seed 103"


def test_a_table_round_trips() -> None:
    table = api.calibration_table()
    assert CalibrationTable.from_artefact(table.to_artefact()) == table
