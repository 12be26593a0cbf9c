"""Continuous attributes cut into groups, by quantiles or at given values."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from core import numerals
from core.contracts import exactly
from core.errors import InputError
from core.fairness.reading.dates import PERIODS
from core.fairness.reading.rows import Rows
from core.fairness.reading.sql import double, literal
from core.tabular.missing import Missing

__all__ = ["Cuts", "cuts_of", "is_bins", "quantiles"]

_MOST = 20


@dataclass(frozen=True, slots=True)
class Cuts:
    """Where an attribute is cut: the groups are ``< c₁``, ``[c₁, c₂)``, …, ``≥ cₙ``."""

    values: tuple[float, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the groups.

        >>> Cuts((18.0, 65.0)).labels
        ('< 18', '[18, 65)', '≥ 65')
        """
        # Exactly, so that a label can be read back as the range that it names.
        shown = [exactly(value) for value in self.values]
        between = [f"[{low}, {high})" for low, high in pairwise(shown)]
        return (f"< {shown[0]}", *between, f"≥ {shown[-1]}")

    def expression(self, column: str) -> str:
        """Return SQL for the number of a row's group; NULL for no value."""
        value = double(column)
        cases = " ".join(
            f"WHEN {value} < {_number(cut)} THEN {i}" for i, cut in enumerate(self.values)
        )
        return (
            f"CASE WHEN {value} IS NULL OR isnan({value}) THEN NULL {cases} "
            f"ELSE {len(self.values)} END"
        )


def is_bins(text: str) -> bool:
    """Tell whether a text says how to cut: ``"4"``, ``"18,30,65"``, ``"month"``."""
    if text in PERIODS:
        return True
    try:
        _parsed(text)
    except ValueError:
        return False
    return True


def cuts_of(rows: Rows, column: str, text: str, missing: Missing) -> Cuts:
    """Return where to cut a column of the table.

    Parameters
    ----------
    column : str
        Its own name.
    text : str
        A number of quantile groups, or cuts separated by commas.
    missing : Missing
        What is no number, and may be there.

    Raises
    ------
    InputError
        If the column holds what is no number, or too few different ones.
    """
    quoted, number = rows.column(column), rows.number(column)
    words = ", ".join(map(literal, sorted({*missing.words, "none"})))
    wrong = rows.first(
        quoted,
        "v",
        f"lower(trim(CAST(v AS VARCHAR))) NOT IN ({words}) AND {double('v')} IS NULL",
    )
    if wrong is not None:
        raise InputError(
            f"{rows.name}: the column {column!r} is to be cut into groups, but row {wrong[0]} "
            f"holds {wrong[1]!r}, which is no number. Leave the column uncut, or mend the cell."
        )
    given = _parsed(text)
    if isinstance(given, tuple):
        return Cuts(given)
    shares = [i / given for i in range(given)]
    values = f"SELECT {number} AS x, count(*) AS n FROM {rows.cut_view} GROUP BY 1"
    lowest, *found = quantiles(rows, values, shares, strict=True) or [0.0]
    # Four digits: a label that can be read is worth more than an exact quarter.
    cuts = sorted({cut for x in found if (cut := float(f"{x:.4g}")) > lowest})
    if not cuts:
        raise InputError(
            f"{rows.name}: the column {column!r} holds too few different numbers to cut into "
            f"{given} groups."
        )
    return Cuts(tuple(cuts))


def quantiles(rows: Rows, values: str, shares: list[float], *, strict: bool) -> list[float]:
    """Return quantiles of counted values, exactly and in bounded memory.

    Parameters
    ----------
    values : str
        Query of the columns ``x`` and ``n``: different numbers and how often each occurs.
    shares : list of float
        In (0, 1).
    strict : bool
        Where a quantile falls between two values, return the upper one (``False``: the lower).
    """
    sign = ">" if strict else ">="
    wanted = ", ".join(
        f"min(x) FILTER (WHERE below {sign} total * {_number(share)})" for share in shares
    )
    (found,) = rows.database.rows(
        f"SELECT {wanted} FROM (SELECT x, sum(n) OVER (ORDER BY x) AS below, "
        f"sum(n) OVER () AS total FROM ({values}) WHERE x IS NOT NULL AND NOT isnan(x))"
    )
    return [float(cut) for cut in found if cut is not None]


def _number(value: float) -> str:
    text = repr(float(value))
    return text if "e" in text else f"{text}e0"


def _parsed(text: str) -> int | tuple[float, ...]:
    """Return a number of groups, or rising cuts; ``ValueError`` for anything else."""
    parts = [part.strip() for part in text.split(",")]
    if len(parts) == 1 and numerals.is_whole(parts[0]):
        return numerals.whole(parts[0], 2, _MOST)
    cuts = tuple(numerals.number(part) for part in parts[: _MOST + 1])
    if len(cuts) > _MOST or any(low >= high for low, high in pairwise(cuts)):
        raise ValueError(text)
    return cuts
