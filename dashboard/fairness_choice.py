"""What the Fairness page is set to: one frozen :class:`Audit`, which is also its address.

The slice that is looked at is the session's (:mod:`dashboard.slice_choice`), so that all pages look
at the same one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal
from urllib.parse import quote, unquote

import streamlit as st

from core import numerals
from core.contracts import ADJUSTMENTS, MISSING, ROWS, Adjustment, RowsChoice
from dashboard import slice_choice, visit

__all__ = ["LONGEST", "Audit", "begin", "change", "current", "publish", "read"]

_AUDIT = "fairness audit"
LONGEST = 200
"""Letters of a text in an address."""
_LISTS = ("groups", "bins", "gaps")
_TABLE = re.compile(r"[0-9a-f]{64}|")
Source = Literal["model", "table"]


@dataclass(frozen=True)
class Audit:
    """Everything that decides what the page shows.

    Parameters
    ----------
    source : {"model", "table"}
    model : str
        Id; ``""`` for the page's proposal.
    table : str
        SHA-256 of an uploaded table; ``""`` for none yet.
    label, prediction, score, weight : str
        Columns of the table, ``""`` for none.
    groups : tuple of str
        Attributes; of a model ``()`` for the page's proposal.
    positive : str
        The positive class; ``""`` for the obvious one, or all classes of several.
    map : str
        Which value of a table means which class: ``"yes=1, no=0"``.
    missing : str
        Words that stand for no value in a table, separated by commas.
    drop_missing : bool
        Leave rows out that have no class, score or weight.
    condition : str
        Conditional parity compares rows of equal value of this attribute; ``""`` for none.
    bins : tuple of str
        ``"age=4"`` or ``"age=18,30,65"`` for each number that is cut into groups.
    adjust : {"holm", "bh"}
    rows : {"all", "explore", "confirm"}
    gaps : tuple of str
        Those that are confirmed; ``()`` for all.
    intersections : bool
    reference : str
        What groups are shown against: ``"largest"``, ``"best"``, ``"rest"`` or a group's name.
    by, rate : str
        Attribute and rate that are looked at; ``""`` for where the gap is largest.
    """

    source: Source = "model"
    model: str = ""
    table: str = ""
    label: str = ""
    prediction: str = ""
    score: str = ""
    weight: str = ""
    threshold: float = 0.5
    groups: tuple[str, ...] = ()
    positive: str = ""
    map: str = ""
    missing: str = ",".join(MISSING)
    drop_missing: bool = False
    condition: str = ""
    bins: tuple[str, ...] = ()
    adjust: Adjustment = "holm"
    rows: RowsChoice = "all"
    gaps: tuple[str, ...] = ()
    intersections: bool = True
    alpha: float = 0.05
    tolerance: float = 0.1
    min_n: int = 10
    reference: str = "largest"
    by: str = ""
    rate: str = ""

    def rules(self) -> dict[str, Any]:
        """Return what decides, as options of a request."""
        names = (
            "positive", "condition", "intersections", "alpha", "tolerance", "min_n", "adjust",
            "reference", "rows",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names} | {"bins": self.cuts()}

    def confirmed(self) -> dict[str, Any]:
        """Return which gaps are tested, as options of a request: chosen ones are confirmed."""
        return {"gaps": self.gaps} if self.rows == "confirm" else {}

    def cuts(self) -> dict[str, str]:
        """Return how each number is cut that forms groups, or that rows are compared within."""
        pairs = (text.rpartition("=") for text in self.bins)
        used = (*self.groups, self.condition)
        return {column: cut for column, _, cut in pairs if column in used}

    def columns(self) -> dict[str, Any]:
        """Return the mapping of a table's columns, as options of a request."""
        names = (
            "label", "prediction", "score", "weight", "threshold", "groups", "map", "missing",
            "drop_missing",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names}

    def to_query(self) -> dict[str, str]:
        """Return it as parameters of the page's address."""
        return {
            field.name: _text(getattr(self, field.name))
            for field in fields(self)
            if getattr(self, field.name) != field.default
        }


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(quote(each, safe="") for each in value)
    return f"{value:g}" if isinstance(value, float) else str(value).lower() if isinstance(
        value, bool
    ) else str(value)  # fmt: skip


def current() -> Audit | None:
    """Return what the session is set to; ``None`` before its first view of the page."""
    held = st.session_state.get(_AUDIT)
    return held if isinstance(held, Audit) else None


def begin(audit: Audit) -> Audit:
    """Set what the page shows."""
    st.session_state[_AUDIT] = audit
    return audit


def change(**values: Any) -> None:
    """Replace parts of it: what every callback does."""
    begin(replace(current() or Audit(), **values))


def publish(audit: Audit) -> None:
    """Write it into the page's address if that says something else."""
    query = audit.to_query() | slice_choice.to_query() | visit.to_query()
    if st.query_params.to_dict() != query:
        st.query_params.from_dict(query)


# ---- from an address


def _between(low: float, high: float) -> Callable[[str], float]:
    return lambda text: numerals.number(text, low, high)


def _one_of(*known: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in known:
            raise ValueError(text)
        return text

    return parse


def _digest(text: str) -> str:
    if not _TABLE.fullmatch(text):
        raise ValueError(text)
    return text


_PARSERS: dict[str, tuple[Callable[[str], object], str]] = {
    "source": (_one_of("model", "table"), "is model or table"),
    "table": (_digest, "is the number of an uploaded table"),
    "groups": (
        lambda text: tuple(dict.fromkeys(unquote(each) for each in text.split(",") if each)),
        "holds attributes",
    ),
    "bins": (
        lambda text: tuple(dict.fromkeys(unquote(each) for each in text.split(",") if each)),
        "holds cuts of attributes",
    ),
    "gaps": (
        lambda text: tuple(dict.fromkeys(unquote(each) for each in text.split(",") if each)),
        "holds gaps",
    ),
    "rows": (_one_of(*ROWS), f"is one of {', '.join(ROWS)}"),
    "adjust": (_one_of(*ADJUSTMENTS), f"is one of {', '.join(ADJUSTMENTS)}"),
    "threshold": (_between(0, 1), "is a number from 0 to 1"),
    "intersections": (lambda text: _one_of("true", "false")(text) == "true", "is true or false"),
    "drop_missing": (lambda text: _one_of("true", "false")(text) == "true", "is true or false"),
    "alpha": (_between(0.0001, 0.5), "is a number from 0.0001 to 0.5"),
    "tolerance": (_between(0, 0.99), "is a number from 0 to 0.99"),
    "min_n": (lambda text: numerals.whole(text, 1, 1_000_000), "is a whole number from 1"),
}
"""How a parameter is read, and what it is; others are plain text."""


def read(query: Mapping[str, str]) -> tuple[Audit, list[str]]:
    """Return what an address describes, and a sentence for each part left out."""
    kept: dict[str, Any] = {}
    problems: list[str] = []
    for field in fields(Audit):
        text = query.get(field.name)
        if text is None:
            continue
        parse, expected = _PARSERS.get(field.name, (str, ""))
        try:
            kept[field.name] = parse(text if field.name in _LISTS else text[:LONGEST])
        except ValueError:
            problems.append(f"{field.name} {expected}. The address holds: {text[:40]}.")
    return Audit(**kept), problems
