"""Slices: rows that share values of some attributes, and the search for the worst of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlencode

from core.fairness.contract.audits import AuditRequest, FairnessRules, TableColumns
from core.fairness.contract.sample_splitting import RowsTaken
from core.fairness.contract.verdicts import FairnessVerdict, p_text, verdict_of
from core.values.codec import Stored
from core.values.results import Result

__all__ = ["Slice", "SliceFinding", "SliceReport", "SlicesRequest"]


@dataclass(frozen=True)
class Slice(Stored):
    """Rows whose attributes have given values.

    Parameters
    ----------
    conditions : tuple of (attribute, group)
        By attribute; a group is named as in a report (``"[18, 65)"`` of an attribute that was cut).

    Examples
    --------
    >>> Slice((("sex", "f"), ("age", "[18, 65)"))).text
    'age=%5B18%2C+65%29&sex=f'
    >>> Slice.parse("sex=f&age=Unknown").name
    'age = Unknown, sex = f'
    """

    conditions: tuple[tuple[str, str], ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "conditions", tuple(sorted(self.conditions)))

    @property
    def text(self) -> str:
        """The slice as one word, as addresses and ``--slice`` hold it."""
        return urlencode(self.conditions)

    @property
    def name(self) -> str:
        """The slice for people; made of strangers' texts."""
        return ", ".join(f"{attribute} = {group}" for attribute, group in self.conditions)

    @classmethod
    def parse(cls, text: str) -> Slice:
        """Read :attr:`text`; whatever is no condition is left out."""
        return cls(tuple(parse_qsl(text, keep_blank_values=True)))


@dataclass(frozen=True)
class SliceFinding(Stored):
    """One slice against all other rows.

    Parameters
    ----------
    n : int
        Rows of the slice.
    k, of, value, rest : float
        The rate in the slice, as a fraction and as a value, and its value in all other rows.
    difference, low, high : float
        Value minus rest; the interval allows for the number of slices looked at.
    p, p_adjusted : float
        Fisher's exact test of no difference at all, both sides; adjusted over all slices looked at.
    p_flag, p_pass : float
        That the difference is at most the tolerance, and that it is at least the tolerance; both
        adjusted likewise. The verdict is read from these two.
    within : str
        Text of the wider slice that explains this one as well: within it, these rows do not stand
        out. ``""`` if there is none.
    """

    slice: Slice
    n: int
    k: float
    of: float
    value: float
    rest: float
    difference: float
    low: float
    high: float
    p: float
    p_adjusted: float
    p_flag: float
    p_pass: float
    alpha: float
    tolerance: float
    within: str

    @property
    def verdict(self) -> FairnessVerdict:
        """What the two tests say."""
        return verdict_of(self.p_flag, self.p_pass, self.alpha)

    @property
    def p_text(self) -> str:
        """The p values that the verdict is read from, with what each supposes."""
        return p_text(self.p_flag, self.p_pass, alpha=self.alpha, tolerance=self.tolerance)


@dataclass(frozen=True)
class SliceReport(Result):
    """The slices that a rate is worst for.

    Parameters
    ----------
    n : int
        Rows of the table.
    n_slices : int
        Slices looked at: the family of the tests.
    n_small : int
        Slices that were too small, by ``rules.min_n``.
    findings : tuple of SliceFinding
        Worst first: flagged ones before others, those that no wider slice explains before the rest.
    taken : RowsTaken
        Which half of the table, if not all of it.
    notes : tuple of str
        How cells were read, where that is to be said.
    """

    source: str
    columns: TableColumns
    rules: FairnessRules
    seed: int
    metric: str
    depth: int
    overall: float
    n: int
    n_slices: int
    n_small: int
    findings: tuple[SliceFinding, ...]
    family: str
    command: str
    taken: RowsTaken = field(default_factory=RowsTaken, kw_only=True)
    notes: tuple[str, ...] = field(default=(), kw_only=True)


@dataclass(frozen=True)
class SlicesRequest(AuditRequest):
    """Ask for the slices that a rate is worst for.

    Parameters
    ----------
    metric : str
        Id of a rate; ``tpr[cat]`` for one class of several.
    depth : int
        Conditions of a slice at most, 1 to 3.
    only : tuple of Slice
        Test these alone, and adjust over them; empty to search all.
    """

    kind: ClassVar[str] = "fairness_slices"
    work: ClassVar[str] = "core.fairness.slices.discovery:discover"
    result: ClassVar[type[SliceReport]] = SliceReport
    command_name: ClassVar[str] = "slices"
    metric: str = "accuracy"
    depth: int = 3
    only: tuple[Slice, ...] = ()

    def parts(self) -> dict[str, Any]:
        """Return what the content key is made of."""
        only = {"only": [each.text for each in self.only]} if self.only else {}
        return super().parts() | {"metric": self.metric, "depth": self.depth} | only

    def source_options(self) -> list[str]:
        """Return the words of a command line that name what is searched, and how."""
        words = [*super().source_options(), "--metric", self.metric, "--depth", str(self.depth)]
        return [*words, *(word for each in self.only for word in ("--slice", each.text))]
