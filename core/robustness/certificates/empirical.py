"""What attacks left standing of the very pictures that were certified."""

from __future__ import annotations

import numpy as np

from core.contracts import Certified, RobustCurve, Robustness
from core.errors import InputError
from core.robustness.assemble import worst_distances
from core.robustness.curves import WORST_CASE, curve

__all__ = ["empirical_curve"]


def empirical_curve(certified: Certified, found: Robustness) -> RobustCurve | None:
    """Return the worst case over the attacks, on the certified pictures alone.

    ``None`` where not all of them were attacked.

    Raises
    ------
    InputError
        If weights, pictures or norm are not those that were certified.
    """
    for what, one, other in (
        ("weights", certified.weights_sha256, found.weights_sha256),
        ("pictures", (certified.fingerprint, certified.split), (found.fingerprint, found.split)),
        ("norm", certified.norm, found.norm),
    ):
        if one != other:
            raise InputError(
                f"These attacks can't be put beside these certificates: the {what} differ. Attack "
                "the same model on the same split in the norm of the certificates."
            )
    place = {int(index): i for i, index in enumerate(found.indices)}
    rows = [place.get(int(index), -1) for index in certified.indices]
    if min(rows) < 0:
        return None
    worst = worst_distances(dict(zip(found.attacks, found.distances, strict=True)))
    steps = [point.eps for point in found.worst_case[0].points]
    return curve(WORST_CASE, worst[np.asarray(rows)], None, steps, norm=found.norm)
