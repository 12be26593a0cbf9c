"""However a table is spelt, it is counted as the plain one is, or refused; never otherwise."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.contracts import MISSING, TableColumns
from core.errors import InputError
from core.fairness.counting.count import count
from core.fairness.reading.rows import column_names, open_table
from tests.fairness.conftest import Write
from tests.fairness.spelled import COLUMNS, Drawn, drawn

FEW, MANY = 40, 600
_SLOW = [pytest.mark.slow, pytest.mark.timeout(900)]
Counts = dict[str, list[list[float]]]


def counts(path: Path, **changed: object) -> Counts:
    """Each group's sums of weights by class, as an audit counts them."""
    columns = TableColumns(**(COLUMNS | changed))  # type: ignore[arg-type]
    column_names(path)
    with open_table(path) as rows:
        counted = count(rows, columns)
        assert counted.classes.binary, counted.classes.names
        cells = counted.cells([(0,)])[(0,)]
    return {name: np.round(w, 9).tolist() for name, w in zip(cells.groups, cells.w, strict=True)}


def counted_alike(table: Drawn, folder: Path) -> bool:
    """Whether it was counted; a refusal is as good as the plain table's counts."""
    plain, spelt = table.write(folder)
    try:
        found = counts(spelt)
    except InputError:
        return False
    assert found == counts(plain), table.said
    return True


@pytest.mark.parametrize("seeds", [range(FEW), pytest.param(range(MANY), marks=_SLOW)])
def test_any_spelling_gives_the_plain_tables_counts_or_a_refusal(
    seeds: range, tmp_path: Path
) -> None:
    done = [counted_alike(drawn(seed), tmp_path) for seed in seeds]
    assert np.mean(done) > 0.75, "only what is ambiguous is refused"


ALONE = [
    (("good", "bad"), ("1", "0"), ("", "good", "bad", "1", "0")),
    (("yes", "no"), ("1", "maybe"), ("", "yes", "no", "1", "maybe")),
    ((">50K", "<=50K"), ("1", "0"), ("", ">50K", "1")),
    (("a", "b"), ("a", "c"), ("", "a", "b", "c")),
    (("1", "0"), ("0", "0"), ("1",)),  # never predicted: said, not guessed
    (("1", "0", "maybe"), ("yes", "no", "no"), ("", "1", "yes", "maybe")),
    (("Cat", "cat", "dog"), ("cat", "dog", "dog"), ("", "cat", "Cat")),
    (("-1", "0", "1"), ("yes", "no", "no"), ("", "yes", "1")),
    (("1", "0"), ("2", "1"), ("", "1", "2")),
]


@pytest.mark.parametrize(("labels", "predictions", "positives"), ALONE)
def test_a_value_that_nobody_matched_never_counts_as_negative(
    labels: tuple[str, ...], predictions: tuple[str, ...], positives: tuple[str, ...], write: Write
) -> None:
    n = 12
    table = {
        "y": [labels[i % len(labels)] for i in range(n)],
        "p": [predictions[i // 3 % len(predictions)] for i in range(n)],
        "g": ["a", "b"] * (n // 2),
    }
    for positive in positives:
        columns = TableColumns(label="y", prediction="p", groups=("g",), positive=positive)
        with open_table(write(table)) as rows, pytest.raises(InputError):
            count(rows, columns)


def test_the_words_for_nothing_are_the_ones_that_are_shown() -> None:
    assert MISSING == ("NA", "N/A", "None", "null", "NaN", "NaT", "<NA>", "#N/A", "?", "-")
