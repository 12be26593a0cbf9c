"""The section Certificates of the Robustness page."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from html import unescape

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core import api
from core.contracts import Certified, RobustCurve, RobustGap, Robustness, RobustPoint
from core.errors import InputError
from dashboard import services
from dashboard.app_pages.robustness import certificate_result as robustness_certificate_result
from dashboard.app_pages.robustness import certificate_text
from dashboard.app_pages.robustness import page_choice as robustness_choice
from dashboard.app_pages.robustness.page_choice import RobustnessChoice
from tests.dashboard.conftest import settled, texts

PAGE = "from dashboard.app_pages.robustness import page as robustness; robustness.page()"
FAIR = "portraits_fair"
QUICK = {
    "section": "certificates", "model": FAIR, "limit": "64", "certified": "24",
    "certifier": "ibp", "attacks": "fgsm", "eps": "1/255,4/255", "checks": "false",
}  # fmt: skip
RESULT = """
import streamlit as st
from dashboard import services
from dashboard.app_pages.robustness import certificate_result as robustness_certificate_result
found = st.session_state["found"]
card = services.certifiers_of("portraits_fair")[found.method]
robustness_certificate_result.draw(found, card, None)
robustness_certificate_result.limits(card)
robustness_certificate_result.take_along(found)
"""


def curve(*right: int, n: int = 40, group: str = "", radii: float = 0.025) -> RobustCurve:
    points = tuple(
        RobustPoint(radii * i, k / n, *api.wilson(k, n), n, None) for i, k in enumerate(right)
    )
    return RobustCurve("smoothing", "l2", group, False, points, 0.03, 0.04, 0.5)


@pytest.fixture
def found() -> Certified:
    """Forty certificates: 4 abstentions, 6 wrong, 30 right."""
    answers = np.array([-1] * 4 + [1] * 6 + [0] * 30, np.int64)
    radii = np.concatenate([np.zeros(4), np.full(6, 0.05), np.linspace(0.01, 0.09, 30)])
    return Certified(
        key="k", model=FAIR, weights_sha256="w", device="here", versions={}, seconds=2.0,
        dataset="folder:/srv/secret/pets", fingerprint="f", split="test", classes=("cat", "dog"),
        asked=40, n=40, method="smoothing", norm="l2",
        parameters={"sigma": 0.1, "n0": 50, "n": 500, "alpha": 0.001}, clean_accuracy=0.9,
        clean_low=0.77, clean_high=0.96, abstained=0.1, average_radius=0.0375, by="band", slice="",
        curves=(
            curve(30, 24, 16, 6, 0),
            curve(10, 6, 4, 0, 0, n=20, group="dark"),
            curve(20, 18, 12, 6, 0, n=20, group="light"),
        ),
        gaps=(), ids=tuple(f"=p{i}.png" for i in range(40)), indices=np.arange(40),
        labels=np.zeros(40, np.int64), groups=("dark", "light") * 20, radii=radii, answers=answers,
        seed=0, command="python -m core certify --dataset folder:/srv/secret/pets",
    )  # fmt: skip


def drawn(
    found: Certified, monkeypatch: pytest.MonkeyPatch, attacked: RobustCurve | None = None
) -> AppTest:
    monkeypatch.setattr(robustness_certificate_result, "_empirical", lambda *_: attacked)
    app = AppTest.from_string(RESULT, default_timeout=60)
    app.session_state["found"] = found
    return app.run()


def opened(**query: str) -> AppTest:
    app = AppTest.from_string(PAGE, default_timeout=60)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    return settled(app)


# ---- what is drawn of a result


def test_the_number_comes_first_with_counts_and_abstentions(
    found: Certified, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = drawn(found, monkeypatch)
    assert not app.exception
    shown = unescape(texts(app))
    assert shown.startswith("At radius 0.05 (L2), 40.0 % are proven right: 16 of 40 pictures")
    numbers = unescape("".join(each.proto.body for each in app.get("html")))
    assert "4 of 40: nothing is said" in numbers
    assert "right, plain model" in numbers
    assert "certifies the smoothed model" in shown


def test_another_radius_is_spoken_of(found: Certified, monkeypatch: pytest.MonkeyPatch) -> None:
    app = drawn(found, monkeypatch)
    app.select_slider(key="certified reach").set_value(1).run()
    assert "At radius 0.025 (L2)" in unescape(texts(app))
    assert app.session_state["robustness trial"].reach == 1
    assert certificate_text.shown_step(found, 9) == 2, "a point that is not there: the middle one"


def test_attacks_stand_beside_it_with_what_that_is_worth(
    found: Certified, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = drawn(found, monkeypatch)
    assert alone.button(key="attack in norm").label == "Attack in L2"
    assert "no empirical curve" in unescape(texts(alone))
    both = drawn(found, monkeypatch, replace(curve(36, 30, 10), attack="worst_case"))
    chart = json.loads(both.get("plotly_chart")[0].proto.spec)
    named = [trace["name"] for trace in chart["data"] if trace.get("name")]
    assert named == ["Left by attacks (plain model)", "Certified (smoothed model)"]
    assert "compare only loosely" in unescape(texts(both))
    assert "no attack can get below" in certificate_text.compared_text(
        services.certifiers_of(FAIR)["ibp"]
    )


def test_a_gap_between_groups_has_its_verdict(
    found: Certified, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "No gap was tested" in unescape(texts(drawn(found, monkeypatch)))
    gap = RobustGap("band", 0.05, "light", "dark", 0.4, 0.1, 0.62, 0.012)
    shown = unescape(texts(drawn(replace(found, gaps=(gap,)), monkeypatch)))
    assert "✗ a real gap" in shown
    assert "At radius 0.05 it is proven right on 60.0 % for light and 20.0 % for dark" in shown
    assert "beyond chance (p = .01 over all groups and radii)" in shown
    assert "At radius 0 the two are 50 points apart already." in shown
    chance = drawn(replace(found, gaps=(replace(gap, p=0.3),)), monkeypatch)
    assert "△ not beyond chance" in unescape(texts(chance))


def test_certificates_of_a_vote_that_sees_nothing_are_not_praised(
    found: Certified, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = replace(found, labels=np.where(found.answers < 0, 0, found.answers))
    assert not drawn(honest, monkeypatch).warning
    blind = replace(found, answers=np.zeros(40, np.int64), labels=np.arange(40) % 2)
    told = unescape(drawn(blind, monkeypatch).warning[0].value)
    assert "the vote answers “cat” on 40 of 40 pictures, where it is true of 20" in told


def test_part_of_the_work_and_nothing_proven_are_said(
    found: Certified, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "So far, on 40 of 60 pictures." in unescape(
        texts(drawn(replace(found, asked=60), monkeypatch))
    )
    nothing = replace(found, curves=(curve(30, 0),))
    assert "none of 40 pictures is proven right" in certificate_text.proven_text(nothing, 1)


def test_files_hold_every_certificate_and_no_place(found: Certified) -> None:
    public = services.public(found)
    assert "/srv" not in public.dataset + public.command
    rows = list(csv.DictReader(io.StringIO(services.certificate_file(public, "csv").decode())))
    assert [row["answer"] for row in rows[3:5]] == ["", "dog"]
    assert rows[0]["id"] == "'=p0.png", "no formula for a spreadsheet"
    assert [float(row["radius"]) for row in rows] == found.radii.tolist()
    assert sum(row["right"] == "True" for row in rows) == 30
    whole = json.loads(services.certificate_file(public, "json"))
    assert whole["curves"][1]["group"] == "dark"
    assert whole["curves"][0]["points"][2]["accuracy"] == 0.4
    assert whole["abstained"] == 0.1


def test_the_methods_own_end_is_not_taken_for_the_models(
    found: Certified, monkeypatch: pytest.MonkeyPatch
) -> None:
    furthest, reached = services.at_ceiling(found)
    assert (round(furthest, 4), reached) == (0.2205, 0)
    assert "the method's end" not in unescape(texts(drawn(found, monkeypatch)))
    ends = replace(found, radii=np.where(found.radii > 0.08, furthest, found.radii))
    n = int((found.radii > 0.08).sum())
    assert f"{n} of 40 pictures reach 0.221 (L2)" in unescape(texts(drawn(ends, monkeypatch)))


# ---- beside the attacks


def attacked(found: Certified, indices: list[int], distances: list[float]) -> Robustness:
    n = len(indices)
    worst = replace(curve(n, 0, n=n), attack="worst_case")
    return Robustness(
        key="r", model=found.model, weights_sha256=found.weights_sha256, device="", versions={},
        seconds=0.0, dataset=found.dataset, fingerprint=found.fingerprint, split=found.split,
        classes=found.classes, asked=n, n=n, clean_accuracy=1.0, clean_low=0.9, clean_high=1.0,
        attacks=("pgd", "uniform_noise"), norm="l2", by="", curves=(), worst_case=(worst,), gaps=(),
        checks=(), examples=(), ids=tuple(map(str, indices)), indices=np.array(indices),
        labels=np.zeros(n, np.int64), groups=(),
        distances=np.array([distances, [np.inf] * n], np.float32), seed=0, command="",
    )  # fmt: skip


def test_the_empirical_curve_is_of_the_certified_pictures_alone(found: Certified) -> None:
    few = replace(found, n=2, indices=np.array([7, 3]))
    robust = attacked(found, [3, 5, 7], [0.01, 0.0, 0.03])
    beside = api.empirical_curve(few, robust)
    assert beside is not None
    assert [(p.eps, p.accuracy, p.n) for p in beside.points] == [(0, 1.0, 2), (0.025, 0.5, 2)]
    assert api.empirical_curve(found, robust) is None, "not all of them were attacked"
    with pytest.raises(InputError, match="the norm differ"):
        api.empirical_curve(few, replace(robust, norm="linf"))


# ---- the page


@pytest.mark.slow
def test_interval_bounds_end_to_end_with_one_picture() -> None:
    opened(**QUICK | {"section": "curves"})
    app = opened(**QUICK)
    assert not app.exception
    assert not app.error
    shown = unescape(texts(app))
    assert "Thin: what the attacks left of the same 24 pictures" in shown
    assert "no attack can get below the certified" in shown
    assert "but nothing is proven around this picture" in shown, "it was not trained with bounds"
    assert "--method ibp" in app.code[-1].value
    assert {each.label for each in app.get("download_button")} == {
        "Certificates (csv)", "Curve and settings (json)",
    }  # fmt: skip
    assert list(services.certifiers_of(FAIR)) == ["smoothing", "ibp"]


def test_an_address_that_is_no_setting_is_told() -> None:
    app = opened(**QUICK | {"certifier": "crystal", "certifying": "sigma=9,luck=1,n0=1,n=20"})
    warned = unescape("".join(each.value for each in app.warning))
    assert "The certifier crystal is unknown" in warned
    assert "no parameter luck" in warned
    assert "sigma" in warned


def test_certificates_are_in_the_address() -> None:
    trial = RobustnessChoice(
        section="certificates", certifier="smoothing", certified=120, certifying=("sigma=0.5",),
        reach=3,
    )  # fmt: skip
    assert robustness_choice.read(trial.to_query()) == (trial, [])
    _, problems = robustness_choice.read({"certified": "7"})
    assert "is one of 24, 60, 120" in problems[0]


def test_one_picture_is_told_in_words() -> None:
    cards = services.certifiers_of(FAIR)
    words = certificate_text.picture_text
    assert "abstains" in words(None, 0.0, cards["smoothing"], true="cat")
    right = words("cat", 0.1, cards["smoothing"], true="cat")
    assert right == ("✓ The smoothed model says cat, whatever is changed by less than 0.1 (L2).")
    wrong = words("dog", 2 / 255, cards["ibp"], true="cat")
    assert wrong.startswith("✗ The model says dog")
    assert wrong.endswith("2/255 (L∞). That is wrong: it is cat.")
