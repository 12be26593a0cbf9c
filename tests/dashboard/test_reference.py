from __future__ import annotations

from html import unescape

from streamlit.testing.v1 import AppTest

from core import api
from tests.dashboard.conftest import texts


def reference() -> AppTest:
    def script() -> None:
        from dashboard.app_pages.reference import page as reference

        reference.page()

    return AppTest.from_function(script, default_timeout=30).run()


def test_it_lists_every_method_metric_and_model() -> None:
    app = reference()
    assert not app.exception
    shown = unescape(texts(app))
    models = [card for card in api.models() if card.licence != "yours"]  # other tests' toys
    for card in (*api.methods(), *api.metrics(), *models):
        assert card.name in shown
        assert card.paper in shown


def test_search_narrows_and_says_when_nothing_is_left() -> None:
    app = reference()
    app.text_input[0].set_value("convnext").run()
    assert "ConvNeXt" in unescape(texts(app))
    assert "Grad-CAM" not in unescape(texts(app))
    app.text_input[0].set_value("<b>zebra crossing</b>").run()
    assert "Nothing here mentions" in app.info[0].value
    assert "<b>" not in app.info[0].value
