"""Tables that hold no classes, no labels or no positives: what can be said of them, and why."""

from __future__ import annotations

import numpy as np
import pytest

from core import api
from core.errors import InputError
from tests.fairness.conftest import Write


def test_a_threshold_that_nobody_reaches_is_explained(write: Write) -> None:
    rng = np.random.default_rng(1)
    n = 400
    group = np.array(["a", "b"])[np.arange(n) % 2]
    label = np.where(group == "a", rng.integers(0, 2, n), 0)
    score = np.clip(0.3 + 0.4 * label + rng.normal(0, 0.1, n), 0, 1).round(3)
    score[(group == "b") & (np.arange(n) % 10 == 1)] = 1.0  # the highest of all are negatives
    path = write({"y": label, "s": score, "g": group})
    task = {"label": "y", "score": "s", "groups": ["g"], "attribute": "g", "constraint": "tpr"}
    found = api.mitigate(path, **task)
    assert found.thresholds["b"] == np.inf
    assert set(found.never) == {"b"}
    assert "none of its" in found.never["b"]
    assert "every selection would be wrong" in found.never["b"]


@pytest.mark.parametrize("n", [30, 400])
def test_a_regression_is_told_what_can_be_audited(n: int, write: Write) -> None:
    rng = np.random.default_rng(2)
    days = rng.normal(30, 9, n).round(4)
    path = write({"y": days, "p": (days + 1.23).round(4), "g": ["a", "b"] * (n // 2)})
    for positive in ("", str(days[0])):
        with pytest.raises(InputError) as caught:
            api.fairness(path, label="y", prediction="p", groups=["g"], positive=positive)
        assert positive or "(regression) is audited by a decision" in str(caught.value)


def test_scores_without_labels_say_what_they_are_about(write: Write) -> None:
    path = write({"s": [0.2, 0.7] * 20, "g": ["a", "b", "b", "a"] * 10})
    found = api.fairness(path, score="s", groups=["g"])
    (note,) = found.notes
    assert "who is selected, and who scores high" in note
    assert "need a column of what is really so" in note


def test_points_on_another_scale_are_told(write: Write) -> None:
    path = write({"y": [0, 1] * 20, "s": [612, 701] * 20, "g": ["a", "b", "b", "a"] * 10})
    with pytest.raises(InputError, match=r"audit the decision that is made from them"):
        api.fairness(path, label="y", score="s", groups=["g"])
