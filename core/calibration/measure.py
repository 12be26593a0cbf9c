"""The work behind a :class:`~core.contracts.CalibrateRequest`: claim by claim, each kept at once.

A run that was stopped goes on where it was; the same claim measured by the same code is measured
once.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import islice

import core
from core.calibration.base import Claim, Trials
from core.calibration.registry import CLAIMS
from core.contracts import CalibrateRequest, CalibrationTable, ClaimCard, MeasuredClaim
from core.control import Control, PartControl
from core.workspace import open_store

__all__ = ["calibrate", "interval", "measured"]

_CONFIDENCE = 0.95
_LEAST = 0.2
"""Share of trials with an outcome below which a claim counts as not measured."""


def calibrate(requests: Sequence[CalibrateRequest], control: Control) -> list[CalibrationTable]:
    """Measure the claims of each request.

    Raises
    ------
    Cancelled
        Between trials; the claims that are done are kept.
    """
    return [_table(request, control) for request in requests]


def _table(request: CalibrateRequest, control: Control) -> CalibrationTable:
    began = time.perf_counter()
    rows: list[MeasuredClaim] = []
    for number, id in enumerate(request.claims):
        of = len(request.claims)
        part = PartControl(control, number / of, (number + 1) / of, f"{number + 1} of {of}: {id}")
        rows.append(_row(CLAIMS[id], request, part))
    control.progress(1.0)
    return CalibrationTable(
        key=request.key,
        model="",
        weights_sha256="",
        device="cpu",
        versions=request.versions,
        seconds=time.perf_counter() - began,
        rows=tuple(rows),
        quick=request.quick,
        seed=request.seed,
        machine=machine(),
        command=request.command(),
    )


def _row(claim: Claim, request: CalibrateRequest, control: Control) -> MeasuredClaim:
    if claim.card.needs and not request.pictures:
        return _unmeasured(claim.card, request)
    artefact, _ = open_store().get_or_compute(
        request.claim_key(claim.card.id),
        lambda: _measure(claim, request, control).to_artefact(),
        kind="measured_claim",
    )
    return MeasuredClaim.from_artefact(artefact)


def _unmeasured(card: ClaimCard, request: CalibrateRequest) -> MeasuredClaim:
    return MeasuredClaim(
        card=card, asked=0, n=0, k=0, low=0.0, high=1.0, seed=request.seed, seconds=0.0,
        measured="", version=core.__version__, reason=f"Not measured here: it needs {card.needs}.",
        command=request.command(card.id),
    )  # fmt: skip


def _measure(claim: Claim, request: CalibrateRequest, control: Control) -> MeasuredClaim:
    card = claim.card
    asked = card.quick if request.quick else card.n
    trials = Trials(card.id, asked, request.seed, request.pictures, control)
    return measured(claim, trials, command=request.command(card.id))


def measured(claim: Claim, trials: Trials, *, command: str = "") -> MeasuredClaim:
    """Make the trials of one claim and count.

    Raises
    ------
    Cancelled
        Between trials.
    """
    began = time.perf_counter()
    done = n = k = 0
    trials.control.check()
    for outcome in islice(claim.measure(trials), trials.n):
        done += 1
        n += outcome is not None
        k += outcome is True
        trials.control.progress(done / trials.n)
        trials.control.check()
    low, high = interval(k, n)
    too_few = n == 0 or n < _LEAST * done
    reason = f"Only {n} of {done} {claim.card.unit} say anything about it." if too_few else ""
    return MeasuredClaim(
        card=claim.card, asked=done, n=n, k=k, low=low, high=high, seed=trials.seed,
        seconds=round(time.perf_counter() - began, 2),
        measured=datetime.now(UTC).date().isoformat(), version=core.__version__, reason=reason,
        command=command,
    )  # fmt: skip


def interval(k: int, n: int) -> tuple[float, float]:
    """Return Clopper and Pearson's 95 % interval of ``k`` of ``n``: never narrower than it says.

    >>> [round(end, 3) for end in interval(70, 500)]
    [0.111, 0.174]
    >>> interval(0, 0)
    (0.0, 1.0)
    """
    from scipy.stats import beta

    tail = (1 - _CONFIDENCE) / 2
    low = float(beta.ppf(tail, k, n - k + 1)) if k else 0.0
    high = float(beta.ppf(1 - tail, k + 1, n - k)) if k < n else 1.0
    return low, high


def machine() -> str:
    """Return what this runs on, in words, without the machine's name."""
    return f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
