"""Tables that hold no classes, no labels or no positives: what can be said of them, and why."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from core import api
from core.cli import main
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


def test_the_command_says_of_whom_nobody_is_selected_and_why(
    write: Write, capfd: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(1)
    n = 400
    group = np.array(["a", "b"])[np.arange(n) % 2]
    label = np.where(group == "a", rng.integers(0, 2, n), 0)
    score = np.clip(0.3 + 0.4 * label + rng.normal(0, 0.1, n), 0, 1).round(3)
    score[(group == "b") & (np.arange(n) % 10 == 1)] = 1.0
    path = write({"y": label, "s": score, "g": group})
    words = ["mitigate", str(path), "--y-true", "y", "--score", "s", "--threshold", "0.5",
             "--group", "g", "--attribute", "g"]  # fmt: skip

    def said(*more: str) -> str:
        with pytest.raises(SystemExit) as ended:
            main([*words, *more])
        assert ended.value.code == 0
        return capfd.readouterr().out

    (line,) = [each for each in said().splitlines() if each.startswith("  b ")]
    assert "never: none of its" in line
    assert "every selection would be wrong" in line
    assert "inf" not in line
    document = json.loads(said("--json"))
    assert document["thresholds"]["b"] is None
    assert "every selection would be wrong" in document["never_selected"]["b"]


@pytest.mark.parametrize(
    ("table", "options", "told"),
    [
        ("regression", ("--y-true", "y", "--score", "s", "--threshold", "0.5"),
         r"regression|audit the decision|two classes|classes"),
        ("scores", ("--no-labels", "--score", "s", "--threshold", "0.5"), r"label|really so"),
    ],
)  # fmt: skip
def test_mitigation_says_what_it_needs(
    table: str, options: tuple[str, ...], told: str, write: Write, capfd: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(3)
    numbers = rng.normal(30, 9, 200).round(3)
    columns: dict[str, object] = {
        "s": numbers if table == "regression" else rng.random(200),
        "g": ["a", "b"] * 100,
    }
    path = write({"y": (numbers + 1).round(3)} | columns if table == "regression" else columns)
    with pytest.raises(SystemExit) as ended:
        main(["mitigate", str(path), *options, "--group", "g", "--attribute", "g"])
    assert ended.value.code == 2
    (line,) = [x for x in capfd.readouterr().err.splitlines() if x.startswith("error: ")]
    assert re.search(told, line), line
    print(line)
