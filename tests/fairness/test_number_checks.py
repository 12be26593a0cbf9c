"""Scores and weights: bounds, words for no value, and numbers that lose no digit when told."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from core import api
from core.errors import InputError


@pytest.fixture
def audited(tmp_path: Path):
    """Audit a table whose column ``x`` holds cells in turn."""

    def audit(cells: list[str], **options: object):
        rows = [f"{i % 2},{i // 2 % 2},{'aab'[i % 3]},{cells[i % len(cells)]}" for i in range(24)]
        path = tmp_path / "t.csv"
        path.write_text("\n".join(["y,p,g,x", *rows]))
        task = {"label": "y", "groups": ["g"], "prediction": "" if "score" in options else "p"}
        return api.fairness(path, **{**task, **options})

    return audit


@pytest.mark.parametrize("weight", ["1e51", "1e100", "1e154", "1e200", "1e308", "1e-51", "1e-310"])
def test_weights_whose_powers_are_no_numbers_are_refused(audited, weight: str) -> None:
    with pytest.raises(InputError, match=f"'x' holds '{weight}' in row 2 .*divide them by one"):
        audited(["1", weight], weight="x")


@pytest.mark.parametrize("weight", ["1e50", "1e18", "1e-50"])
def test_weights_of_any_scale_say_the_same(audited, weight: str) -> None:
    plain = audited(["1"], weight="x")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        report = audited([weight], weight="x")
        audited(["1", weight, "0"], weight="x")
    assert report.n_effective == pytest.approx(plain.n_effective)
    assert report.tables[0].value == pytest.approx(plain.tables[0].value, nan_ok=True)
    assert [gap.verdict for gap in report.gaps] == [gap.verdict for gap in plain.gaps]


@pytest.mark.parametrize("use", ["weight", "score"])
@pytest.mark.parametrize("word", ["NA", "-", "?", "nan", "", "None"])
def test_words_for_no_value_say_how_to_leave_rows_out(audited, use: str, word: str) -> None:
    with pytest.raises(InputError, match="--drop-missing") as caught:
        audited(["0.5", "0.7", word], **{use: "x"})
    told = str(caught.value)
    assert ("is empty" if not word else f"holds {word!r}") + " in row 3 (8 such rows)" in told
    assert ("--missing" in told) == bool(word)
    assert audited(["0.5", "0.7", word], **{use: "x"}, drop_missing=True).n == 16


@pytest.mark.parametrize("use", ["weight", "score"])
def test_other_words_are_no_missing_values(audited, use: str) -> None:
    with pytest.raises(InputError, match="holds 'x' in row 2") as caught:
        audited(["0.5", "x"], **{use: "x"})
    assert "--drop-missing" not in str(caught.value)


@pytest.mark.parametrize("threshold", [0.5, 0.123456789, 1.0, 1 / 3])
def test_the_command_repeats_the_threshold(audited, threshold: float) -> None:
    words = audited(["0.1", "0.5"], score="x", threshold=threshold).command.split()
    assert float(words[words.index("--threshold") + 1]) == threshold
