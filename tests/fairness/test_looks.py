"""Looks at one table: counted over works and reruns, and a confirmation that counts once."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core import api
from core.contracts import Look, Looks
from core.errors import StoreError
from core.fairness import looks as recorded
from core.fairness.reading.sample_splitting import explored
from tests.fairness.tables import random_table
from tests.packaging import ROOT

MAPPED = {"label": "y", "prediction": "p", "groups": ["g"]}
pytestmark = pytest.mark.usefixtures("own_home")


def asked(path: Path, *, visit: str = "", **options: object) -> Looks:
    """One look at a table; what was found does not matter here."""
    return api.look(api.fairness_request(path, **MAPPED | options), visit=visit)


# ---- counting


def test_looks_are_counted_over_works_and_reruns(write) -> None:
    path = write(random_table(1))
    first = asked(path)
    assert (first.number, len(first.looks), first.text) == (
        1, 1, "This is the first look at this table."
    )  # fmt: skip
    again = asked(path)
    assert again == first, "the identical request is no new look"
    asked(path, tolerance=0.2)
    api.look(api.slices_request(path, **MAPPED))
    scored = {"label": "y", "score": "s", "groups": ["g"], "attribute": "g"}
    fourth = api.look(api.mitigation_request(path, **scored))
    assert fourth.text == (
        "This is look 4 at this table (2 audits, 1 slice search, 1 mitigation). Each look's error "
        "rate holds by itself; over 4 looks a false flag somewhere has a chance of up to 45%. "
        "All rows were looked at: confirm on fresh rows."
    ), "an audit tests gaps and single groups, a mitigation audits twice: 9 times 5 %"
    assert asked(path).text.startswith("This is look 1 of 4 at this table (2 audits, ")


def test_python_and_every_work_record_their_looks(write, biased) -> None:
    path = write(biased)
    options = {"label": "y", "score": "s", "groups": ["sex"]}
    api.fairness(path, **options)
    api.slices(path, **options)
    api.mitigate(path, **options, attribute="sex")
    found = api.looks_at(api.fairness_request(path, **options))
    assert found is not None
    assert [look.kind for look in found.looks] == [
        "fairness", "fairness_slices", "fairness_mitigation"
    ]  # fmt: skip
    assert api.looks_at(api.fairness_request(path, **options, alpha=0.01)) is None
    api.audit_columns(biased, **options)  # in memory: no table to record


def test_a_failed_audit_is_no_look(write) -> None:
    path = write(random_table(2) | {"s": np.full(300, 7.0)})
    options = {"label": "y", "score": "s", "groups": ["g"]}
    with pytest.raises(Exception, match="probability"):
        api.fairness(path, **options)
    assert api.looks_at(api.fairness_request(path, **options)) is None


def test_equal_bytes_are_one_table_and_another_column_makes_another(write) -> None:
    table = random_table(3)
    asked(write(table))
    assert asked(write(table, "other name.csv"), alpha=0.01).number == 2
    assert asked(write({k: table[k] for k in "ypg"}, "fewer.csv")).number == 1, "a stated limit"


def test_bounds_add_up_and_stop_at_one() -> None:
    def looks(*chances: float | None) -> Looks:
        return Looks(tuple(Look(str(i), "fairness", "all", c, 0.0) for i, c in enumerate(chances)),
                     1)  # fmt: skip

    assert looks(0.05, 0.01).chance == pytest.approx(0.06)
    assert looks(*[0.05] * 30).chance == 1.0
    assert "up to 100%" in looks(*[0.05] * 30).text
    assert looks(0.05, None).chance is None, "Benjamini–Hochberg bounds no chance of any"
    assert "nothing bounds the chance of a false flag somewhere" in looks(0.05, None).text


def test_what_an_adjustment_bounds_is_recorded(write) -> None:
    path = write(random_table(4))
    assert asked(path, alpha=0.02).this.chance == 0.04
    assert asked(path, adjust="bh").this.chance is None


# ---- a confirmation counts once


def test_a_confirmation_counts_once(write) -> None:
    path = write(random_table(5))
    for tolerance in (0.05, 0.1):
        found = asked(path, rows="explore", tolerance=tolerance)
        assert found.fresh is None
    assert found.text.endswith("up to 20%. Confirm on the half that is kept, once.")
    first = asked(path, rows="confirm", gaps=["tpr"])
    assert first.fresh
    assert first.text.startswith(
        f"The first look at the confirming half, on {first.this.when}, after 2 exploring looks: "
    )
    assert "a chance of at most 10%, however much was explored. It counts once." in first.text
    assert asked(path, rows="confirm", gaps=["tpr"]) == first, "the same question stays confirmed"
    second = asked(path, rows="confirm", gaps=["fpr"])
    assert not second.fresh
    assert second.text == (
        f"The confirming half was looked at already, first on {first.this.when}: this is look 2 "
        "at it, and it is no longer fresh. This is not a confirmation."
    )
    assert asked(path, rows="confirm", gaps=["tpr"]).fresh, "it was the first"
    assert "confirm on fresh rows" in asked(path, rows="explore", alpha=0.01).text


@pytest.mark.parametrize("kind", ["audit", "slices"])
def test_whoever_looked_at_all_rows_has_no_fresh_half(write, kind: str) -> None:
    path = write(random_table(6))
    request = api.fairness_request if kind == "audit" else api.slices_request
    api.look(request(path, **MAPPED))
    found = asked(path, rows="confirm")
    assert found.fresh is False
    assert "All rows were looked at before" in found.text
    assert "This is not a confirmation" in found.text


def test_looks_at_all_rows_afterwards_do_not_undo_a_confirmation(write) -> None:
    path = write(random_table(7))
    asked(path, rows="confirm")
    asked(path)
    assert asked(path, rows="confirm").fresh


# ---- the record


def test_visits_see_their_own_looks_alone_and_the_home_sees_all(write) -> None:
    path = write(random_table(8))
    asked(path, visit="ann", rows="confirm")
    asked(path, visit="ann", rows="explore")
    bob = asked(path, visit="bob", rows="confirm", gaps=["tpr"])
    assert (bob.number, len(bob.looks), bob.fresh) == (1, 1, True)
    shell = asked(path, rows="confirm", gaps=["fpr"])
    assert (len(shell.looks), shell.fresh) == (4, False)
    assert len(asked(path, visit="ann", rows="confirm").looks) == 2


def test_the_record_holds_no_content_and_no_name(write, own_home: Path) -> None:
    asked(write(random_table(9), "secret name.csv"), visit="ann-visit")
    files = [file for file in (own_home / "looks").rglob("*") if file.is_file()]
    (record,) = files
    (look,) = json.loads(record.read_text())["looks"]
    assert set(look) == {"key", "kind", "rows", "chance", "at"}
    everything = record.read_text() + str(record.relative_to(own_home))
    for told in ("secret", "ann-visit", '"y"', "g0"):
        assert told not in everything


def test_looks_at_once_are_all_kept(write) -> None:
    path = write(random_table(10))
    requests = [api.fairness_request(path, **MAPPED, seed=seed) for seed in range(12)]
    threads = [threading.Thread(target=api.look, args=(each,)) for each in requests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = api.looks_at(requests[0])
    assert found is not None
    assert len(found.looks) == 12


@pytest.mark.parametrize("harm", ["torn", "a folder", "no time", "a time that no calendar has"])
def test_a_damaged_record_is_set_aside_and_nothing_is_called_fresh(
    write, own_home: Path, harm: str
) -> None:
    path = write(random_table(11))
    asked(path, rows="confirm")
    (record,) = (own_home / "looks").rglob("*.json")
    looks = json.loads(record.read_bytes())["looks"]
    at = {"no time": float("nan"), "a time that no calendar has": 1e300}.get(harm)
    if harm == "a folder":
        record.unlink()
        record.mkdir()
    elif at is None:
        record.write_text('{"looks": [{"key"')
    else:
        record.write_text(json.dumps({"looks": [{**look, "at": at} for look in looks]}))
    for _ in range(2):  # also once it is set aside
        found = asked(path, rows="confirm", gaps=["tpr"])
        assert found.fresh is False
        assert "cannot be read" in found.text
    assert record.with_suffix(".damaged").exists()
    assert "cannot be read" in asked(path, rows="explore", visit="").text


def test_a_home_that_cannot_be_written_is_told(write, monkeypatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(recorded, "write_json", full)
    with pytest.raises(StoreError, match=r"Cannot record the look in .*No space left"):
        asked(write(random_table(12)))


def test_old_records_go_when_a_new_one_begins(write, own_home: Path) -> None:
    asked(write(random_table(13)))
    (old,) = (own_home / "looks").iterdir()
    long_ago = time.time() - 200 * 24 * 3600
    os.utime(old, (long_ago, long_ago))
    asked(write(random_table(14), "new.csv"))
    assert not old.exists()
    assert len(list((own_home / "looks").iterdir())) == 1


def test_a_model_on_a_dataset_is_one_table_whatever_its_limit(write) -> None:
    request = api.fairness_request(
        dataset="portraits", model="portraits_fair", groups=["age_band"], limit=20
    )
    other = api.fairness_request(dataset="portraits", model="portraits_fair", groups=["age_band"])
    assert request.predict is not None
    assert other.predict is not None
    api.look(request)
    assert api.look(other).number == 2
    biased = replace(
        other, predict=replace(other.predict, weights_sha256="0" * 64), versions={"other": "model"}
    )
    assert api.look(biased).number == 1


# ---- is it true?


def _best(table: Mapping[str, np.ndarray], own: np.ndarray) -> str:
    """The attribute whose accuracy differs most among some rows, in standard errors."""
    right = (table["y"] == table["p"])[own]

    def z(name: str) -> float:
        inside = table[name][own] == "a"
        n = np.array([inside.sum(), (~inside).sum()])
        gap = right[inside].mean() - right[~inside].mean()
        return abs(gap) / np.sqrt(right.mean() * (1 - right.mean()) * (1 / n).sum())

    return max((name for name in table if name.startswith("g")), key=z)


def _flagged(table: Mapping[str, np.ndarray], group: str, rows: str) -> bool:
    report = api.audit_columns(
        {name: table[name] for name in ("y", "p", group)}, label="y", prediction="p",
        groups=[group], gaps=["accuracy"], tolerance=0.0, rows=rows,
    )  # fmt: skip
    return report.gaps[0].verdict == "flag"


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    ("n_tables", "at_most"), [(40, 5), pytest.param(300, 22, marks=pytest.mark.slow)]
)
def test_the_best_of_many_looks_is_confirmed_at_its_rate_on_fresh_rows_alone(
    n_tables: int, at_most: int
) -> None:
    """Ten attributes that mean nothing, the best of ten looks: at most 5 % on fresh rows (more
    than 22 of 300: P = .03 at 5 %), several times that on the rows that it was chosen on.
    """
    rng, n = np.random.default_rng(16), 400
    confirmed = chosen_and_flagged = 0
    for _ in range(n_tables):
        table = {"y": rng.integers(0, 2, n), "p": rng.integers(0, 2, n)}
        table |= {f"g{i}": np.array(["a", "b"])[rng.integers(0, 2, n)] for i in range(10)}
        confirmed += _flagged(table, _best(table, explored(n)), "confirm")
        chosen_and_flagged += _flagged(table, _best(table, np.ones(n, bool)), "all")
    print(f"\nfalsely confirmed in {confirmed} of {n_tables} tables, on the rows of the choice in "
          f"{chosen_and_flagged}", end="")  # fmt: skip
    assert confirmed <= at_most
    assert chosen_and_flagged > 0.12 * n_tables
    if n_tables == 300:
        words = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
        assert f"was flagged in {chosen_and_flagged} of {n_tables} tables on the rows" in words
        assert f"and in {confirmed} of {n_tables} on the kept half" in words
