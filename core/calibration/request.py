"""From options to a checked :class:`~core.contracts.CalibrateRequest`."""

from __future__ import annotations

from collections.abc import Sequence

from core.calibration.code import code_fingerprint
from core.calibration.registry import CLAIMS
from core.contracts import CalibrateRequest
from core.errors import UnknownNameError
from core.fairness.request.fields import library_versions
from core.modalities.picture.gallery import read_gallery
from core.models.fingerprint import versions
from core.options.model import chosen_seed

__all__ = ["calibrate_request"]

_LIBRARIES = ("scipy", "duckdb")


def calibrate_request(
    *, only: Sequence[str] = (), quick: bool = False, pictures: str = "", seed: int | None = None
) -> CalibrateRequest:
    """Describe the work of measuring how often verdicts are right.

    Parameters
    ----------
    only : sequence of str
        Ids of claims, or what they begin with (``"gaps"``); empty for all.
    quick : bool
        A few trials of each: whether something is badly wrong, in a minute or two.
    pictures : str
        Folder of photographs for the claims that need them.
    seed : int, optional
        The setting's by default.

    Returns
    -------
    CalibrateRequest

    Raises
    ------
    UnknownNameError
        If no claim begins so.
    InputError
        If the folder cannot be read.
    """
    gallery = read_gallery(pictures) if pictures else None
    return CalibrateRequest(
        claims=_chosen(only),
        only=tuple(only),
        quick=quick,
        seed=chosen_seed(seed),
        pictures="" if gallery is None else str(gallery.folder),
        pictures_sha256="" if gallery is None else gallery.fingerprint,
        code=code_fingerprint(),
        versions=versions() | library_versions(_LIBRARIES),
    )


def _chosen(only: Sequence[str]) -> tuple[str, ...]:
    for wanted in only:
        if not any(_begins(id, wanted) for id in CLAIMS):
            families = ", ".join(dict.fromkeys(id.partition(".")[0] for id in CLAIMS))
            raise UnknownNameError(
                f"No claim is called {wanted!r} or begins so. They begin with: {families}."
            )
    return tuple(id for id in CLAIMS if not only or any(_begins(id, each) for each in only))


def _begins(id: str, wanted: str) -> bool:
    return id == wanted or id.startswith(f"{wanted}.")
