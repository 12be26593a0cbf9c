"""A modality from outside gets its pages, drawn by the general view.

All pages are opened in a process of its own, once, with the toy package installed and two plug-ins
beside it that are broken; the tests read what a visitor found.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.modalities.installed import HERE, ROOT, installed

BROKEN = """
[pellucid.methods]
ripple = toy_signal:Ripple

[pellucid.views]
signal = toy_signal:Nothing
"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    site = tmp_path_factory.mktemp("site")
    environment = installed(site, tmp_path_factory.mktemp("home"))
    with (site / "toy_signal-1.0.dist-info" / "entry_points.txt").open("a") as points:
        points.write(BROKEN)
    done = subprocess.run(
        [sys.executable, str(HERE / "walk_pages.py")], cwd=ROOT, env=environment,
        capture_output=True, text=True, check=False, timeout=900,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


WRONG = {"short", "no trace"}
"""What is refused: the reason stands in an error."""


def test_nothing_goes_wrong(pages: dict[str, Any]) -> None:
    wrong = {name: page["wrong"] for name, page in pages.items() if page.get("wrong")}
    assert set(wrong) == WRONG


def test_a_trace_of_the_dataset_is_predicted_and_explained(pages: dict[str, Any]) -> None:
    page = pages["inspect"]
    assert page["takes"] == [[".txt"]]
    assert page["address"]["picture"].startswith("pulses~test~")
    assert "Truly **peak**" in page["said"]
    assert "the model is right" in page["said"]
    assert "Integrated gradients for peak (logit" in page["said"]
    assert "Completeness error" in page["said"]
    assert page["charts"] >= 4  # the line with its map, the ranking, two curves


def test_the_map_is_examined_by_the_modalitys_own_controls(pages: dict[str, Any]) -> None:
    said = pages["inspect"]["said"]
    assert "✓ beats controls" in said
    assert "its samples are removed" in said
    assert "random windows, steps, the middle" in said
    assert "on pictures, not on traces" in said


@pytest.mark.parametrize("page", ["inspect", "shap", "compare", "evidence", "robustness"])
def test_it_is_called_what_it_is(pages: dict[str, Any], page: str) -> None:
    said = pages[page]["said"].lower()
    assert "trace" in said
    assert "pixel" not in said
    assert not [line for line in said.splitlines() if "picture" in line and "trace" not in line]


def test_methods_stand_side_by_side(pages: dict[str, Any]) -> None:
    assert pages["grid"]["address"]["with"] == "saliency,occlusion"
    assert "side by side" not in pages["grid"]["said"]
    assert "Each map has its own scale" in pages["grid"]["said"]


def test_a_dropped_trace_is_looked_at(pages: dict[str, Any]) -> None:
    page = pages["dropped"]
    assert "mine.txt, 64 samples" in page["said"]
    assert len(page["address"]["picture"]) == 64
    assert "for dip (logit" in page["said"]


@pytest.mark.parametrize(
    ("page", "told"),
    [("short", "64 samples are expected. Received: 2."),
     ("no trace", "words.txt is no trace: numbers are expected.")],
)  # fmt: skip
def test_what_does_not_fit_is_refused_in_a_sentence(
    pages: dict[str, Any], page: str, told: str
) -> None:
    assert told in "\n".join(pages[page]["wrong"])


@pytest.mark.parametrize(
    ("page", "told"),
    [
        ("a picture", "This model takes traces, and Cat is none. Drop a trace (.txt)"),
        ("examples", "This model takes traces: choose a model of pictures"),
        ("concepts", "Concepts are parts of pictures"),
        ("one source", "This model takes traces: choose a model of pictures"),
        ("corruptions", "Corruptions are noise, blur and weather in pictures."),
        ("compare", "A map is followed while a picture is changed step by step."),
    ],
)
def test_what_a_page_cannot_do_is_said(pages: dict[str, Any], page: str, told: str) -> None:
    assert told in pages[page]["said"]


@pytest.mark.parametrize("page", ["shap", "gradient"])
def test_shares_add_up_on_the_line(pages: dict[str, Any], page: str) -> None:
    assert "with nothing of this trace seen" in pages[page]["said"]
    assert "additivity error" in pages[page]["said"]
    assert pages[page]["charts"] == 3  # the waterfall, one line a class


def test_a_background_comes_from_the_dataset(pages: dict[str, Any]) -> None:
    assert "test traces of the" in pages["gradient"]["said"]


def test_maps_are_compared(pages: dict[str, Any]) -> None:
    assert "the maps" in pages["compare"]["said"]
    assert "Where they differ" in pages["compare"]["said"]
    assert "Two {source}s" not in "".join(pages["two traces"]["labels"])
    assert "in two traces?" in pages["two traces"]["said"]


def test_methods_are_ranked_over_the_dataset(pages: dict[str, Any]) -> None:
    assert "What was found" in pages["evidence"]["said"]
    assert "n = 4" in pages["evidence"]["said"]


def test_it_is_attacked(pages: dict[str, Any]) -> None:
    said = pages["robustness"]["said"]
    assert "Moving every sample by at most" in said
    assert "of the traces that the model has right" in said
    assert "Traces that broke" in said
    assert pages["robustness"]["charts"] > 1  # the curve, and lines that broke


def test_it_is_audited(pages: dict[str, Any]) -> None:
    assert "Audited on 40 test traces: Pulses." in pages["fairness"]["said"]
    assert "What was found" in pages["fairness"]["said"]


def test_a_model_of_another_kind_changes_the_source(pages: dict[str, Any]) -> None:
    there, back = pages["moved"]["there"], pages["moved"]["back"]
    assert there["picture"].startswith("pulses~test~")
    assert there["reading"] == []
    assert there["method"] != "gradcam"
    assert back["picture"] == "cat"


def test_broken_plugins_are_named_and_break_nothing(pages: dict[str, Any]) -> None:
    said = pages["models"]["said"]
    assert "The plug-in 'ripple' of toy-signal 1.0" in said
    assert "The plug-in 'signal' of toy-signal 1.0 (pellucid.views: toy_signal:Nothing)" in said
