"""Looks: how often one table has been asked, and what that does to the chance of a false flag."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from core.fairness.contract.sample_splitting import RowsChoice
from core.values.codec import Stored

__all__ = ["Look", "Looks"]

_NOUNS = {
    "fairness": ("audit", "audits"),
    "fairness_slices": ("slice search", "slice searches"),
    "fairness_mitigation": ("mitigation", "mitigations"),
}


@dataclass(frozen=True)
class Look(Stored):
    """One question that a table was asked; the same question again is the same look.

    Parameters
    ----------
    key : str
        Content key of the request.
    kind : str
        Of work: ``"fairness"``, ``"fairness_slices"`` or ``"fairness_mitigation"``.
    rows : {"all", "explore", "confirm"}
    chance : float or None
        Of any false flag in it, at most; ``None`` where the adjustment bounds none.
    at : float
        When it was first asked, in seconds since the epoch.
    """

    key: str
    kind: str
    rows: RowsChoice
    chance: float | None
    at: float

    @property
    def when(self) -> str:
        """Day and time, in UTC."""
        return datetime.fromtimestamp(self.at, UTC).strftime("%Y-%m-%d %H:%M UTC")


@dataclass(frozen=True)
class Looks:
    """One look among all that were taken at the same table.

    Parameters
    ----------
    looks : tuple of Look
        In the order in which they were first asked.
    number : int
        Which one this is, from 1.
    whole : bool
        Whether the record of them could be read; otherwise earlier ones are not known.
    """

    looks: tuple[Look, ...]
    number: int
    whole: bool = True

    @property
    def this(self) -> Look:
        """The look itself."""
        return self.looks[self.number - 1]

    @property
    def chance(self) -> float | None:
        """The chance that any of the looks holds a false flag, at most (Boole's inequality)."""
        chances = [look.chance for look in self.looks if look.chance is not None]
        return min(sum(chances), 1.0) if len(chances) == len(self.looks) else None

    @property
    def fresh(self) -> bool | None:
        """Whether no look before saw the confirming half; ``None`` for a look at other rows."""
        if self.this.rows != "confirm":
            return None
        return self.whole and not any(look.rows != "explore" for look in self._before)

    @property
    def text(self) -> str:
        """How many looks, and what follows, in words."""
        return self._confirmed() if self.this.rows == "confirm" else self._counted()

    @property
    def _before(self) -> tuple[Look, ...]:
        return self.looks[: self.number - 1]

    def _counted(self) -> str:
        n = len(self.looks)
        lost = "" if self.whole else " The record of earlier looks cannot be read."
        if n == 1:
            return f"This is the first look at this table.{lost}{self._advice()}"
        which = f"{self.number}" if self.number == n else f"{self.number} of {n}"
        chance = (
            f"over {n} looks a false flag somewhere has a chance of up to {_percent(self.chance)}"
            if self.chance is not None
            else f"over {n} looks nothing bounds the chance of a false flag somewhere"
        )
        return (
            f"This is look {which} at this table ({self._kinds()}). Each look's error rate holds "
            f"by itself; {chance}.{lost}{self._advice()}"
        )

    def _kinds(self) -> str:
        kinds = [look.kind for look in self.looks]
        counted = [(kinds.count(kind), nouns) for kind, nouns in _NOUNS.items()]
        return ", ".join(f"{n} {nouns[n > 1]}" for n, nouns in counted if n)

    def _advice(self) -> str:
        if any(look.rows == "confirm" for look in self.looks):
            return " The confirming half has been used: confirm on fresh rows."
        if any(look.rows == "all" for look in self.looks):
            many = len(self.looks) > 1
            return " All rows were looked at: confirm on fresh rows." if many else ""
        return " Confirm on the half that is kept, once."

    def _confirmed(self) -> str:
        seen = [look for look in self._before if look.rows == "confirm"]
        if seen:
            return (
                f"The confirming half was looked at already, first on {seen[0].when}: this is look "
                f"{len(seen) + 1} at it, and it is no longer fresh. This is not a confirmation."
            )
        whole = [look for look in self._before if look.rows == "all"]
        if whole:
            return (
                f"All rows were looked at before, first on {whole[0].when}, the confirming half "
                "among them. This is not a confirmation: that takes fresh rows."
            )
        if not self.whole:
            return (
                "The record of earlier looks cannot be read, so whether the confirming half is "
                "fresh is not known. This is no confirmation."
            )
        n = len(self._before)
        explored = f", after {n} exploring {'look' if n == 1 else 'looks'}" if n else ""
        chance = (
            f"; a false flag has a chance of at most {_percent(self.this.chance)}, however much "
            "was explored"
            if self.this.chance is not None
            else ""
        )
        return (
            f"The first look at the confirming half, on {self.this.when}{explored}: no look on "
            f"record had seen these rows. Its verdicts are the confirmation{chance}. It counts "
            "once."
        )


def _percent(chance: float | None) -> str:
    return f"{100 * (chance or 0):.3g}%"
