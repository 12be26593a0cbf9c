"""Whether one answer is certified more often than it is true: such certificates say little."""

from __future__ import annotations

import numpy as np

from core.contracts import Certified, ClassBias

__all__ = ["class_bias"]

_EXCESS = 0.1
_ALPHA = 0.05


def class_bias(found: Certified) -> ClassBias | None:
    """Return the answer that is given too often, ``None`` if none is.

    Who always answers alike is certified everywhere, and right wherever that answer happens to be
    true. Too often: by 10 points or more of the certified pictures, and beyond chance at α .05.

    Parameters
    ----------
    found : Certified
        As :func:`certify` returns it.

    Returns
    -------
    Leaning or None
    """
    from scipy.stats import binomtest

    certain = found.answers >= 0
    answers, labels = found.answers[certain], found.labels[certain]
    given = np.bincount(answers, minlength=len(found.classes))
    excess = given - np.bincount(labels, minlength=len(found.classes))
    if not len(answers) or excess.max() < _EXCESS * len(answers):
        return None
    most = int(excess.argmax())
    wrongly = int(((answers == most) & (labels != most)).sum())
    missed = int(((answers != most) & (labels == most)).sum())
    tests = int((given > 0).sum())
    p = min(1.0, tests * float(binomtest(wrongly, wrongly + missed).pvalue))
    if p >= _ALPHA:
        return None
    true = int((labels == most).sum())
    return ClassBias(found.classes[most], int(given[most]), true, len(answers), p)
