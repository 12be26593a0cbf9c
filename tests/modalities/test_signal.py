"""A modality from outside gets every answer, and no general room knows of it.

The package lies in ``signal/``: a one-dimensional signal, a thirty-line network, drawn data. It is
installed as pip would, and asked in a process of its own, once; the tests read what it answered.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.modalities.installed import HERE, ROOT, installed


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Install the package, and return what a process needs to find it."""
    return installed(tmp_path_factory.mktemp("site"), tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def found(environment: dict[str, str]) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, str(HERE / "ask_everything.py")], cwd=ROOT, env=environment,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answers: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answers


def test_it_is_predicted_and_kept(found: dict[str, Any]) -> None:
    best, second = found["ranking"]
    assert best[0] == "peak"
    assert best[1] > 0.7 > second[1]
    assert found["seen"] == ["peak 7", "signal"]
    assert {"modality", "trace", "trace_sha256", "samples"} <= set(found["document"])
    assert not {"image", "width", "box", "geometry"} & set(found["document"])
    assert found["restored"]


def test_every_map_lies_on_the_pulse(found: dict[str, Any]) -> None:
    """The pulse with half a filter on each side is a quarter of the trace."""
    assert len(found["maps"]) >= 10
    for method, one in found["maps"].items():
        assert one["shape"] == [64], method
        assert one["inside"] > 0.6, method
    for method in ("integrated_gradients", "idgi", "guided_ig"):
        assert found["maps"][method]["error"] < 0.02, method


def test_shapley_values_add_up_and_lie_on_the_pulse(found: dict[str, Any]) -> None:
    for explainer, one in found["shap"].items():
        assert one["error"] < 1e-4, explainer
        assert one["inside"] > 0.8, explainer
        assert one["background"] == "everything hidden: the zero line"


def test_the_card_holds_the_map_against_the_modalitys_own_controls(found: dict[str, Any]) -> None:
    verdict, words, protocol = found["checks"]["beats_controls"]
    assert "is not measured for this kind of input" in protocol
    assert "picture" not in protocol
    assert "pixel" not in protocol
    assert verdict == "pass"
    assert "5 maps that know nothing of it (3 × random windows, steps, the middle)" in words
    assert found["card"]["insertion"] > found["card"]["deletion"]
    assert found["card"]["average_drop"] < 0.5
    assert found["further"]["mufidelity"] > 0.5
    assert found["further"]["sensitivity_max"] < 1
    assert {method for method, _ in found["board"]} == {"integrated_gradients", "occlusion"}
    assert found["sanity"][0] in {"pass", "unclear", "fail"}
    assert found["compare"][0] in {"agree", "partly"}


def test_it_is_followed_under_attack_and_parts_are_removed(found: dict[str, Any]) -> None:
    flip, alike = found["followed"]
    assert flip is not None
    assert alike[0] == 1.0
    assert min(alike) < 0.9
    regions, baseline, flipped, words = found["turned"]
    assert (regions, baseline) == ("windows", "zero line")
    assert isinstance(flipped, bool)
    assert "peak" in words


def test_it_is_attacked_by_group_and_audited(found: dict[str, Any]) -> None:
    attacked, noise = found["curve"]["pgd"], found["curve"]["uniform_noise"]
    assert attacked[0] == 1.0
    assert attacked[-1] == 0.0
    assert all(a <= b for a, b in zip(attacked, noise, strict=True))
    assert sum(found["audit"].values()) == 40


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("gradcam", "reads a convolutional layer"),
        ("rise", "needs inputs with height and width"),
        ("edges", "needs inputs with height and width"),
        ("infidelity", "needs inputs with height and width"),
        ("geometry", "no parameter 'geometry'"),
        ("picture", "A trace is expected"),
        ("drift", "needs inputs with height and width"),
    ],
)
def test_what_it_cannot_do_is_said(found: dict[str, Any], asked: str, told: str) -> None:
    assert told in found["refused"][asked]


def test_no_general_room_knows_of_it() -> None:
    of_it = re.compile(r"toy_signal|pulse_net|[\"']signal[\"']|SignalInput")
    knowing = [
        str(path.relative_to(ROOT))
        for room in ("core", "dashboard")
        for path in (ROOT / room).rglob("*.py")
        if of_it.search(path.read_text(encoding="utf-8"))
    ]
    assert not knowing


def run(environment: dict[str, str], *words: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "core", *words, "--json"], cwd=ROOT, env=environment,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write two traces, a peak and a dip at known places, and a picture that is none of them."""
    place = tmp_path_factory.mktemp("traces")
    for name, height in (("peak", 0.9), ("dip", 0.1)):
        values = [height if 20 <= i < 28 else 0.5 for i in range(64)]
        (place / f"{name}.txt").write_text("\n".join(map(str, values)))
    (place / "photo.png").write_bytes(b"no trace")
    return place


def test_commands_read_its_files(environment: dict[str, str], folder: Path, tmp_path: Path) -> None:
    found = run(environment, "predict", str(folder), "--model", "pulse_net")
    best = {Path(one["image"]).stem: one["top"][0]["label"] for one in found["predictions"]}
    assert best == {"peak": "peak", "dip": "dip"}

    maps = run(
        environment, "explain", str(folder / "dip.txt"), "--model", "pulse_net", "--method",
        "integrated_gradients", "--out", str(tmp_path),
    )  # fmt: skip
    (entry,) = maps["explanations"]
    assert "box" not in entry
    drawn = np.load(entry["map"])["map"]
    assert np.abs(drawn[16:32]).sum() > 0.9 * np.abs(drawn).sum()
    assert Path(entry["overlay"]).read_bytes().startswith(b"\x89PNG")


def test_commands_attack_and_audit_it(environment: dict[str, str]) -> None:
    curve = run(
        environment, "robustness", "--dataset", "pulses", "--model", "pulse_net", "--attack",
        "pgd", "--eps", "0.5", "--limit", "8", "--no-checks",
    )  # fmt: skip
    assert curve["n"] == 8
    audit = run(
        environment, "fairness", "--dataset", "pulses", "--model", "pulse_net", "--group", "half",
        "--positive", "peak",
    )  # fmt: skip
    assert audit


def test_a_command_says_what_it_takes(environment: dict[str, str], cat: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "core", "predict", str(cat), "--model", "pulse_net"], cwd=ROOT,
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    told = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert told == [f"error: {cat.name} is no trace: numbers are expected."]
    assert "Traceback" not in done.stderr
