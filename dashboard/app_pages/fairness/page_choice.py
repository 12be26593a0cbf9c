"""What the Fairness page is set to: one frozen :class:`FairnessChoice`, which is also its address.

The slice that is looked at is the session's (:mod:`dashboard.slice_choice`), so that all pages look
at the same one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from core.contracts import ADJUSTMENTS, MISSING, ROWS, Adjustment, RowsChoice
from dashboard.query import LONGEST, AddressedChoice
from dashboard.query_codecs import among, number, of, quoted, switch, whole_from
from dashboard.session import SessionChoice

__all__ = [
    "LONGEST", "FairnessChoice", "begin", "bind", "change", "current", "now", "read", "session"
]  # fmt: skip

Source = Literal["model", "table"]


@dataclass(frozen=True)
class FairnessChoice(AddressedChoice):
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

    source: Annotated[Source, of("model|table", "is model or table")] = "model"
    model: str = ""
    table: Annotated[str, of(r"[0-9a-f]{64}|", "is the number of an uploaded table")] = ""
    label: str = ""
    prediction: str = ""
    score: str = ""
    weight: str = ""
    threshold: Annotated[float, number(0, 1)] = 0.5
    groups: Annotated[tuple[str, ...], quoted()] = ()
    positive: str = ""
    map: str = ""
    missing: str = ",".join(MISSING)
    drop_missing: Annotated[bool, switch()] = False
    condition: str = ""
    bins: Annotated[tuple[str, ...], quoted()] = ()
    adjust: Annotated[Adjustment, among(*ADJUSTMENTS)] = "holm"
    rows: Annotated[RowsChoice, among(*ROWS)] = "all"
    gaps: Annotated[tuple[str, ...], quoted()] = ()
    intersections: Annotated[bool, switch()] = True
    alpha: Annotated[float, number(0.0001, 0.5)] = 0.05
    tolerance: Annotated[float, number(0, 0.99)] = 0.1
    min_n: Annotated[int, whole_from(1, 1_000_000)] = 10
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


session = SessionChoice("fairness audit", FairnessChoice)
read, current, now, begin = session.read, session.current, session.now, session.begin
change, bind = session.change, session.bind
