"""The evidence card of Inspect, with the real core; the drawn mask behind it."""

from __future__ import annotations

from dataclasses import replace
from html import unescape

import pytest
from streamlit.testing.v1 import AppTest

from core.errors import InputError
from dashboard import masks, services, uploads
from tests.dashboard.conftest import Open, texts
from tests.dashboard.evidence_results import sanity


def runs(*, marked: bool = True) -> str:
    """A mask of the example cat: its lower half, or nothing."""
    picture = uploads.picture(uploads.examples()["cat"])
    columns, rows = masks.grid_size(picture.width, picture.height)
    upper = columns * (rows // 2)
    lengths = [upper, columns * rows - upper] if marked else [columns * rows]
    return f"{columns}x{rows}:" + ",".join(str(n) for n in lengths)


def test_the_card_appears_unasked_with_verdicts_curves_and_areas(open_app: Open) -> None:
    app = open_app()
    assert not app.exception
    assert not app.error
    shown = unescape(texts(app))
    assert "random blocks 0." in shown
    assert "**Deletion 0." in shown
    assert "**Insertion 0." in shown
    assert "stability 0." in shown
    assert "controls" in shown
    assert "sanity" in shown
    assert "What it can't show:** whether the model is right" in shown
    assert len(app.get("plotly_chart")) >= 3


def test_further_metrics_come_from_the_address_and_go_back_to_it(open_app: Open) -> None:
    app = open_app(metrics="entropy,nope")
    assert app.multiselect(key="metrics").value == ["entropy"]
    assert "**Entropy** " in unescape(texts(app))
    assert "neither end is better" in unescape(texts(app))
    assert app.query_params["metrics"] == "entropy"
    app.multiselect(key="metrics").set_value([]).run(timeout=60)
    assert "metrics" not in app.query_params


def test_a_mask_of_the_address_gives_localisation(open_app: Open) -> None:
    shown = unescape(texts(open_app(mask=masks.keep(masks.Drawn("cat", runs())))))
    assert "Your mask covers 50" in shown
    assert "**Pointing game** " in shown
    assert "**Relevance mass" in shown


def test_an_empty_mask_is_explained_in_the_words_of_core(open_app: Open) -> None:
    app = open_app(mask=masks.keep(masks.Drawn("cat", runs(marked=False))))
    assert not app.exception
    assert "marks no pixel" in unescape(app.warning[0].value)


def test_a_mask_that_is_gone_or_of_another_picture_is_said(open_app: Open) -> None:
    id = masks.keep(masks.Drawn("coffee", runs()))
    assert "not here any more: draw it again" in unescape(texts(open_app(mask=id)))


def test_choosing_another_picture_leaves_the_mask_behind(open_app: Open) -> None:
    def script() -> None:
        from dashboard import state
        from dashboard.app_pages.picture.strip import _pick

        state.begin(state.Choice(mask="a" * 16))
        _pick("coffee")

    held = AppTest.from_function(script).run(timeout=60).session_state["choice"]
    assert (held.picture, held.mask) == ("coffee", "")


@pytest.mark.parametrize("sent", ["<script>", "4x2:7", 5, ["4x2:8"]])
def test_whatever_a_browser_sends_is_checked(sent: object) -> None:
    def script(sent: object) -> None:
        from dashboard import state
        from dashboard.app_pages.inspect import mask as inspect_mask

        state.begin(state.Choice())
        inspect_mask._drawn((4, 2), sent)

    app = AppTest.from_function(script, args=(sent,)).run(timeout=60)
    assert not app.exception
    assert app.session_state["choice"].mask == ""
    assert "raw it again" in app.session_state["mask problem"] or (
        "can't be read" in app.session_state["mask problem"]
    )


def test_a_map_without_evidence_is_not_examined(
    open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = services.layer
    monkeypatch.setattr(services, "layer", lambda found: replace(drawn(found), empty=True))
    app = open_app()
    assert "makes no claim that could be examined" in texts(app)
    assert "**Deletion" not in texts(app)


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (InputError("no such thing."), "no such thing"),
        (RuntimeError("secret of the house"), "Something went wrong on our side"),
    ],
)
def test_evidence_that_fails_leaves_the_map_and_the_page(
    open_app: Open, monkeypatch: pytest.MonkeyPatch, raised: Exception, said: str
) -> None:
    def broken(*_: object) -> None:
        raise raised

    monkeypatch.setattr(services, "evidence_request", broken)
    app = open_app()
    assert not app.exception
    assert [said in unescape(error.value) for error in app.error] == [True]
    assert "Grad-CAM for tiger cat" in unescape(texts(app))
    assert "Compare" in [heading.value for heading in app.subheader]
    assert "secret" not in texts(app)


def test_slow_methods_are_not_computed_again_unasked(open_app: Open) -> None:
    asked = []
    quick = [id for id, card in services.metrics().items() if card.quick and card.recomputes]
    assert quick, "the test is about something"

    def script(method: str) -> None:
        import streamlit as st

        from dashboard import state
        from dashboard.app_pages.inspect import evidence as inspect_evidence

        st.session_state["asked"] = inspect_evidence._quick(state.Choice(method=method))

    for method in ("gradcam", "scorecam"):
        app = AppTest.from_function(script, args=(method,)).run(timeout=60)
        asked.append(set(quick) & set(app.session_state["asked"]))
    assert asked == [set(quick), set()]


def test_no_curves_are_explained() -> None:
    def script() -> None:
        from types import SimpleNamespace

        from dashboard.app_pages.inspect import evidence as inspect_evidence

        reason = SimpleNamespace(metric="deletion", reason="no positive evidence")
        inspect_evidence._draw_curves(SimpleNamespace(curves=(), scores=(reason,)))

    app = AppTest.from_function(script).run(timeout=60)
    assert not app.exception
    assert "There are no curves: no positive evidence" in unescape(texts(app))


def test_sanity_waits_for_what_was_asked_for_but_is_shown_once_it_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def script(later: bool) -> None:
        import streamlit as st

        from dashboard import state
        from dashboard.app_pages.inspect import sanity as inspect_sanity

        st.session_state["held"] = inspect_sanity.sanity_state(state.Choice(), later=later)

    def standing() -> object:
        return AppTest.from_function(script, args=(True,)).run(timeout=60).session_state["held"]

    monkeypatch.setattr(services, "kept", lambda key: None)
    assert standing().check().verdict == "unknown"
    assert "waits for the metrics" in standing().check().words
    monkeypatch.setattr(services, "kept", lambda key: sanity())
    assert standing().check().verdict == "pass"
    assert standing().check().words == "They follow the weights."
