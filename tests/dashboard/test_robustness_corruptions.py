"""The section Corruptions of the Robustness page."""

from __future__ import annotations

from dataclasses import replace
from html import unescape

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core import api
from core.contracts import (
    Corrupted,
    CorruptionGap,
    CorruptionGroup,
    CorruptionRow,
    OutOfDistribution,
)
from dashboard import services
from dashboard.app_pages.robustness import corruption_text
from dashboard.figures import corruptions as figures
from tests.dashboard.conftest import settled, texts

PAGE = "from dashboard.app_pages.robustness import page as robustness; robustness.page()"


def row(id: str, severity: int, accuracy: float, confidence: float = 0.9) -> CorruptionRow:
    groups = (
        CorruptionGroup("dark", 20, accuracy - 0.1, accuracy - 0.2, accuracy),
        CorruptionGroup("light", 20, accuracy + 0.1, accuracy, min(1.0, accuracy + 0.2)),
    )
    return CorruptionRow(
        id, severity, 40, accuracy, accuracy - 0.1, accuracy + 0.05, confidence, 0.1, groups
    )


OTHER = """
import streamlit as st
from dashboard.app_pages.robustness import corruption_parts
corruption_parts.out_of_distribution(st.session_state["found"])
"""


@pytest.fixture(scope="module")
def found() -> Corrupted:
    falls = {"snow": 0.04, "jpeg": 0.01, "rotation": 0.1}
    rows = tuple(row(id, s, 0.85 - fall * s) for id, fall in falls.items() for s in range(1, 6))
    return Corrupted(
        key="k", model="m", weights_sha256="", device="here", versions={}, seconds=2.0,
        dataset="folder:/srv/secret/pets", fingerprint="", split="test", n=40, by="skin_tone",
        clean=row("", 0, 0.85, 0.88), rows=rows, mean_error=0.25, relative_error=0.1, mce=None,
        overall=(
            CorruptionGroup("", 40, 0.7, 0.6, 0.8),
            CorruptionGroup("dark", 20, 0.6, 0.5, 0.7),
            CorruptionGroup("light", 20, 0.8, 0.7, 0.9),
        ),
        gaps=(
            CorruptionGap("", "light", "dark", 0.2, 0.1, 0.3, 0.001),
            CorruptionGap("snow", "light", "dark", 0.2, -0.1, 0.5, 0.3),
        ),
        out_of_distribution=(OutOfDistribution("msp", "cifar10", 40, 40, 0.8, 0.5),),
        seed=0, command="python -m core corruptions --dataset folder:/srv/secret/pets",
    )  # fmt: skip


# ---- words and figures


def test_what_costs_most_is_named_first(found: Corrupted) -> None:
    assert corruption_text.worst_first(found) == ["rotation", "snow", "jpeg"]
    assert corruption_text.drop_of(found, "jpeg") == pytest.approx(0.03)
    said = corruption_text.hardest(found)
    assert said.startswith("Rotation costs most: 30 points")
    assert "JPEG compression costs least: 3." in said


def test_a_gap_is_said_with_its_verdict(found: Corrupted) -> None:
    real, chance = (corruption_text.gap_sentence(found, gap) for gap in found.gaps)
    assert "20 points apart over all corruptions" in real
    assert "p < .01: beyond chance" in real
    assert "under snow" in chance
    assert "chance makes such a gap often enough" in chance


def test_without_a_reference_the_mean_error_says_so(found: Corrupted) -> None:
    value, about = corruption_text.mce_text(found)
    assert value.startswith("25.0")
    assert "no reference model" in about


def test_a_model_that_stays_sure_is_told(found: Corrupted) -> None:
    said = corruption_text.shift_sentence(found)
    right = np.mean([0.85 - 5 * fall for fall in (0.04, 0.01, 0.1)])
    assert f"{100 * (0.9 - right):.0f} points surer than it is right" in said


def test_what_passes_of_other_things_is_said_first(found: Corrupted) -> None:
    app = AppTest.from_string(OTHER, default_timeout=60)
    scores = (
        found.out_of_distribution[0],
        OutOfDistribution("energy", "cifar10", 40, 40, 0.9, 0.2),
    )
    app.session_state["found"] = replace(found, out_of_distribution=scores)
    shown = unescape(texts(app.run())).replace("\N{NO-BREAK SPACE}", " ")
    assert "its better score lets **20.0 % of these** pass as well" in shown
    assert "0.800" in shown
    app.session_state["found"] = replace(found, out_of_distribution=())
    assert "Not asked." in texts(app.run())


def test_the_chosen_curve_is_drawn_last_and_bold(found: Corrupted) -> None:
    names = {"snow": "Snow", "jpeg": "JPEG", "rotation": "<b>"}
    figure = figures.by_severity(found, names, chosen="snow", mode="light")
    assert list(figure.data[-1].y) == pytest.approx([0.85 - 0.04 * s for s in range(6)])
    assert figure.data[-1].line.width > max(trace.line.width for trace in figure.data[:-1])
    assert not any("<b>" in text for trace in figure.data for text in trace.customdata or ())
    by_group = figures.by_group(found, {"dark": "dark", "light": "light"}, chosen="snow",
                                mode="dark")  # fmt: skip
    assert [trace.name for trace in by_group.data] == ["dark", "light"]
    assert {trace.line.dash for trace in by_group.data} != {"solid"}


def test_what_is_taken_along_hides_where_data_lie(found: Corrupted) -> None:
    assert "/srv/secret" not in services.corruption_command(found)
    lines = services.corruption_csv(found).splitlines()
    assert len(lines) == 1 + (1 + 15) * 3
    assert lines[1].startswith("none,0,,40,0.85")


# ---- the page


def opened(**query: str) -> AppTest:
    app = AppTest.from_string(PAGE, default_timeout=60)
    for name, value in {"section": "corruptions", "model": "portraits_biased", "limit": "64",
                        **query}.items():  # fmt: skip
        app.query_params[name] = value
    app.run()
    return settled(app)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two corruptions at two severities show all that the section has."""
    make = api.corruption_request

    def request(dataset: str, **options: object) -> object:
        kept = {"corruptions": ["contrast", "gaussian_noise"], "severities": [1, 5]}
        return make(dataset, **(options | kept))  # type: ignore[arg-type]

    monkeypatch.setattr(api, "corruption_request", request)


def test_the_section_from_the_matrix_to_the_groups(few: None) -> None:
    app = opened(by="skin_tone", corruption="contrast", severity="5")
    assert not app.exception
    assert not app.error
    shown = unescape(texts(app))
    assert {"As they are", "Corrupted", "Mean error"} <= {metric.label for metric in app.metric}
    assert "no reference model for these classes" in shown
    assert "points apart over all corruptions" in shown
    assert "points apart under contrast" in shown
    assert "Does it notice?" in shown
    assert "What it can't show" in shown
    assert app.selectbox(key="corruption").value == "contrast"
    assert app.query_params["corruption"] == "contrast"
    app.selectbox(key="corruption").set_value("gaussian_noise")
    settled(app.run())
    assert app.query_params["corruption"] == "gaussian_noise"
    assert "points apart under gaussian noise" in unescape(texts(app))


def test_nonsense_in_the_address_is_said_and_left_out(few: None) -> None:
    app = opened(corruption="<script>", severity="9", other="<img>")
    assert not app.exception
    shown = unescape(texts(app))
    assert "severity is a whole number from 1 to 5" in shown
    assert "<script>" not in texts(app)
    assert "<img>" not in texts(app)
    assert app.selectbox(key="corruption").value in ("contrast", "gaussian_noise")


def test_a_picture_under_each_of_them_as_the_model_sees_it() -> None:
    text = services.models()["portraits_fair"].trained_on
    data = services.shown_split(text)
    shown = services.corrupted_picture("portraits_fair", data, 3, 5)
    assert [s.corruption for s in shown] == ["", *services.corruptions()]
    assert len({s.uri for s in shown}) == len(shown)
    assert services.corrupted_picture("portraits_fair", data, 3, 5) is shown
