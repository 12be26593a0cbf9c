from __future__ import annotations

from dataclasses import replace
from html import unescape

import pytest
from streamlit.testing.v1 import AppTest

from core import api
from core.calibration import table as shipping
from core.contracts import CalibrationTable
from tests.dashboard.conftest import texts


def opened() -> AppTest:
    def script() -> None:
        from dashboard.app_pages.calibration import page as calibration

        calibration.page()

    app = AppTest.from_function(script, default_timeout=30).run()
    assert not app.exception
    return app


def tables(app: AppTest) -> str:
    shown = "".join(str(each.proto.body) for each in app.get("html"))
    return unescape(shown).replace("\N{NO-BREAK SPACE}", " ")


def test_every_claim_is_there_with_its_figures_and_command() -> None:
    app = opened()
    shown = tables(app)
    for row in api.calibration_table().rows:
        assert row.card.claim in shown
        assert row.command in shown
    assert "How often is Pellucid right?" in texts(app)


def of_status(*broken: int) -> CalibrationTable:
    """The table that comes along with given rows broken and all others kept."""
    found = api.calibration_table()
    rows = [
        replace(
            row, k=row.n, low=0.9, high=1.0, n=10, reason="",
            card=replace(row.card, direction="at most" if i in broken else "at least", bound=0.05),
        )
        for i, row in enumerate(found.rows)
    ]  # fmt: skip
    return replace(found, rows=tuple(rows))


def test_a_broken_claim_makes_the_page_red_and_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    table = of_status(3)
    monkeypatch.setattr(shipping, "shipped_table", lambda: table)
    app = opened()
    red = [each.value for each in app.markdown if each.value.startswith(":red-background[**✗")]
    assert len(red) == 1
    assert "1 is broken" in unescape(red[0])
    assert not app.success
    assert app.subheader[0].value == "Broken"
    shown = tables(app)
    assert shown.count("✗ broken") == 1
    assert shown.index("✗ broken") < shown.index("✓ holds")


def test_where_all_hold_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    table = of_status()
    monkeypatch.setattr(shipping, "shipped_table", lambda: table)
    app = opened()
    assert not app.error
    assert not any(":red-background[" in each.value for each in app.markdown)
    assert f"{len(api.calibration_table().rows)} hold" in unescape(app.success[0].value)
