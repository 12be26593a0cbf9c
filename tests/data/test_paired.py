"""Two models on the same pictures, against counts made by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.contracts import DatasetPredictions
from core.data.paired import paired
from core.errors import InputError


def answers(*said: int, model: str = "a") -> DatasetPredictions:
    """Predictions of pictures whose true classes are 0, 0, 0, 1, 1, 1."""
    return DatasetPredictions(
        key="k", model=model, weights_sha256="", device="", versions={}, seconds=0.0,
        dataset="d", fingerprint="f", split="test", classes=("x", "y"),
        ids=tuple(str(i) for i in range(6)), labels=np.array([0, 0, 0, 1, 1, 1]),
        probabilities=np.eye(2, dtype=np.float32)[list(said)],
        groups={"light": ("dim", "dim", "dim", "sun", "sun", "sun")}, command="",
    )  # fmt: skip


def test_lost_gained_and_agreement_are_counted() -> None:
    found = paired(answers(0, 0, 0, 1, 0, 0), answers(1, 1, 0, 1, 1, 0, model="b"))
    assert (found.n, found.agree, found.lost, found.gained) == (6, 3, 2, 1)
    assert found.p == 1.0, "two against one says nothing"
    worst, best = found.groups
    assert (worst.group, worst.n, worst.lost, worst.gained) == ("dim", 3, 2, 0)
    assert worst.net == pytest.approx(-2 / 3)
    assert (best.group, best.lost, best.gained) == ("sun", 0, 1)


def test_the_same_answers_differ_in_nothing() -> None:
    found = paired(answers(0, 1, 0, 1, 0, 1), answers(0, 1, 0, 1, 0, 1))
    assert (found.agree, found.lost, found.gained, found.p) == (6, 0, 0, 1.0)


def test_mcnemar_is_the_exact_binomial_test() -> None:
    found = paired(answers(0, 0, 0, 1, 1, 1), answers(1, 1, 1, 0, 0, 0))
    assert found.lost == 6
    assert found.p == pytest.approx(2 * 0.5**6)


def test_other_pictures_are_refused() -> None:
    other = replace(answers(0, 0, 0, 1, 1, 1), fingerprint="g")
    with pytest.raises(InputError, match="different pictures"):
        paired(answers(0, 0, 0, 1, 1, 1), other)
