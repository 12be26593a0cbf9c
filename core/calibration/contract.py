"""How often verdicts are right: claims about them, and what was measured of each."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Literal

from core.values.basic import Lane, content_key
from core.values.codec import Stored
from core.values.results import Result

__all__ = [
    "CalibrateRequest", "CalibrationTable", "ClaimCard", "ClaimDirection", "ClaimStatus",
    "MeasuredClaim",
]  # fmt: skip

ClaimDirection = Literal["at most", "at least"]
ClaimStatus = Literal["holds", "not refuted", "broken", "not measured"]


@dataclass(frozen=True)
class ClaimCard(Stored):
    """A claim that can be measured.

    Parameters
    ----------
    topic : str
        Which verdicts it is about.
    claim : str
        The claim in a sentence.
    how : str
        On what it is measured, and how the truth is known.
    direction, bound
        ``"at most"`` or ``"at least"`` this share, in [0, 1].
    unit : str
        What is counted: tables, pictures, models.
    n, quick : int
        Trials of the full run and of the quick one.
    beside : str
        Id of the claim that shows that this one is not kept by a verdict that never says anything;
        ``""`` where the claim itself shows it.
    needs : str
        What it needs that does not come along, in words; ``""`` for nothing.
    """

    id: str
    topic: str
    claim: str
    how: str
    direction: ClaimDirection
    bound: float
    unit: str
    n: int
    quick: int
    beside: str = ""
    needs: str = ""


@dataclass(frozen=True)
class MeasuredClaim(Stored):
    """A claim with what was measured of it.

    Parameters
    ----------
    asked : int
        Trials made.
    n, k : int
        Those that the claim speaks of, and those of them in which the event happened.
    low, high : float
        Clopper and Pearson's 95 % interval of ``k`` of ``n``; 0 and 1 where ``n`` is 0.
    seconds : float
        Of work, when it was measured.
    measured : str
        The day, as ``2026-11-30``; ``""`` where nothing was measured.
    version : str
        Pellucid's, when it was measured.
    reason : str
        Why it was not measured; else ``""``.
    command : str
        The command line that repeats it.
    """

    card: ClaimCard
    asked: int
    n: int
    k: int
    low: float
    high: float
    seed: int
    seconds: float
    measured: str
    version: str
    reason: str
    command: str

    @property
    def share(self) -> float:
        """The measured share; NaN where nothing was."""
        return self.k / self.n if self.n else float("nan")

    @property
    def status(self) -> ClaimStatus:
        """``"holds"`` where the whole interval lies inside the claim, ``"broken"`` where outside.

        Between, ``"not refuted"``: what was measured fits, but would be as likely if the truth lay
        beyond. So it is of every claim of never or always, whose interval is never a point.

        >>> card = ClaimCard("x", "", "", "", "at most", 0.05, "tables", 500, 20)
        >>> MeasuredClaim(card, 500, 500, 70, .111, .173, 0, 1.0, "", "", "", "").status
        'broken'
        """
        if self.reason:
            return "not measured"
        bound = self.card.bound
        if self.card.direction == "at most":
            inside, outside = self.high <= bound, self.low > bound
        else:
            inside, outside = self.low >= bound, self.high < bound
        return "holds" if inside else "broken" if outside else "not refuted"


@dataclass(frozen=True)
class CalibrationTable(Result):
    """Every claim with what was measured of it.

    Parameters
    ----------
    rows : tuple of MeasuredClaim
        In the order of the registry.
    machine : str
        What it was measured on, in words.
    """

    rows: tuple[MeasuredClaim, ...]
    quick: bool
    seed: int
    machine: str
    command: str

    @property
    def broken(self) -> tuple[MeasuredClaim, ...]:
        """The claims that do not hold."""
        return tuple(row for row in self.rows if row.status == "broken")


@dataclass(frozen=True)
class CalibrateRequest:
    """Ask how often verdicts are right.

    Parameters
    ----------
    claims : tuple of str
        Ids, in the order of the registry.
    quick : bool
        A few trials of each.
    pictures : str
        Folder of labelled photographs for the claims that need them; ``""`` for none.
    pictures_sha256 : str
        Fingerprint of that folder.
    code : str
        Fingerprint of the code that gives the verdicts.
    only : tuple of str
        Which claims were asked for, as they were named; empty for all.
    """

    kind: ClassVar[str] = "calibrate"
    work: ClassVar[str] = "core.calibration.measure:calibrate"
    result: ClassVar[type[CalibrationTable]] = CalibrationTable
    durable: ClassVar[bool] = False
    claims: tuple[str, ...]
    quick: bool
    seed: int
    pictures: str
    pictures_sha256: str
    code: str
    versions: dict[str, str]
    only: tuple[str, ...] = ()
    lane: Lane = "batch"

    @cached_property
    def key(self) -> str:
        """Content key: everything the result depends on."""
        return content_key(self._common() | {"claims": list(self.claims)})

    def claim_key(self, claim: str) -> str:
        """Return the key of one measured claim, the same whichever others are asked for."""
        return content_key(self._common() | {"kind": "measured_claim", "claim": claim})

    def _common(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "quick": self.quick,
            "seed": self.seed,
            "pictures": self.pictures_sha256,
            "code": self.code,
            "versions": self.versions,
        }

    @property
    def batch(self) -> str:
        """Each by itself."""
        return self.key

    def command(self, claim: str = "") -> str:
        """Return the command line that repeats the whole request, or one claim of it."""
        words = ["python", "-m", "core", "calibrate"]
        for name in (claim,) if claim else self.only:
            words += ["--only", name]
        words += ["--quick"] if self.quick else []
        words += ["--pictures", "FOLDER"] if self.pictures else []  # the owner's own path
        return shlex.join([*words, "--seed", str(self.seed)])

    def adopt(self, stored: Any) -> Any:
        """Return a stored result as the answer to this request."""
        return replace(stored, cached=True, command=self.command())
