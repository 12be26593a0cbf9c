"""How often verdicts are right: measure it, or read what the release's own run measured."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from core.calibration import table
from core.calibration.registry import CLAIMS
from core.calibration.request import calibrate_request
from core.contracts import CalibrationTable, ClaimCard
from core.control import Control
from core.engine.api import answer
from core.proportions import newcombe, wilson

__all__ = ["calibrate", "calibration_table", "claims", "newcombe", "wilson", "write_calibration"]


def claims() -> tuple[ClaimCard, ...]:
    """Return a card for every claim that can be measured.

    Returns
    -------
    tuple of ClaimCard
        Their ids are what ``only`` of :func:`calibrate` takes.
    """
    return tuple(claim.card for claim in CLAIMS.values())


def calibrate(
    *,
    only: Sequence[str] = (),
    quick: bool = False,
    pictures: str = "",
    seed: int | None = None,
    control: Control | None = None,
) -> CalibrationTable:
    """Measure how often verdicts are right.

    Each claim is kept when it is measured: a run that was stopped goes on where it was.

    Parameters
    ----------
    only : sequence of str
        Beginnings of ids of claims; all by default.
    quick : bool
        Fewer trials: wider intervals, in minutes.
    pictures : str
        Folder of pictures for the claims that need some of yours.
    seed : int, optional
        The setting's by default.
    control : Control, optional
        Hears of progress and can stop the work.

    Returns
    -------
    CalibrationTable
        A row for each claim.

    Raises
    ------
    UnknownNameError
        If no claim begins with one of ``only``.
    InputError
        If the folder of pictures cannot be read.
    """
    request = calibrate_request(only=only, quick=quick, pictures=pictures, seed=seed)
    return answer(request, control=control)


def calibration_table() -> CalibrationTable:
    """Return what the full run measured for this release; nothing is computed.

    Returns
    -------
    CalibrationTable
    """
    return table.shipped_table()


def write_calibration(found: CalibrationTable, path: str | Path) -> CalibrationTable:
    """Write a table as JSON; rows that are in the file and were not measured now stay.

    Parameters
    ----------
    found : CalibrationTable
        As :func:`calibrate` returns it.
    path : str or Path
        The JSON file.

    Returns
    -------
    CalibrationTable
        What the file holds now.
    """
    return table.write_table(found, Path(path))
