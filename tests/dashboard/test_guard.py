"""The last net: what fails is one line and an entry in the log file, and the page goes on."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest
from streamlit.runtime.state.session_state import SessionState
from streamlit.testing.v1 import AppTest

from core.logfile import log_failure, log_path
from dashboard.guard import guard_callbacks

from .conftest import texts


def page() -> None:
    import streamlit as st

    from core.errors import ImageError
    from dashboard.guard import guard_callbacks

    guard_callbacks()

    def fail() -> None:
        raise ZeroDivisionError("secret detail")

    def refuse() -> None:
        raise ImageError("photo.gif is damaged **here**.")

    def rerun() -> None:
        st.session_state.rerun = True
        st.rerun()

    st.button("fail", on_click=fail)
    st.button("refuse", on_click=refuse)
    st.button("rerun", on_click=rerun)
    st.text_input("text", key="text", on_change=fail)
    st.caption("the page goes on")


def test_a_callback_that_fails_is_one_line_and_the_page_goes_on() -> None:
    before = log_path().read_text(encoding="utf-8") if log_path().exists() else ""
    app = AppTest.from_function(page).run()
    app.button[0].click().run()
    assert not app.exception
    assert "Something went wrong on our side" in app.error[0].value
    assert "the page goes on" in texts(app)
    written = log_path().read_text(encoding="utf-8")[len(before) :]
    assert "Traceback" in written
    assert "secret detail" in written
    assert "secret detail" not in texts(app)
    app.text_input[0].set_value("x").run()
    assert not app.exception
    app.button[2].click().run()
    assert app.session_state["rerun"]
    assert not app.error


def test_our_own_errors_in_a_callback_speak_for_themselves() -> None:
    app = AppTest.from_function(page).run()
    app.button[1].click().run()
    assert "is damaged" in app.error[0].value
    assert "the page goes on" in texts(app)


def test_every_callback_of_streamlit_goes_through_what_is_wrapped() -> None:
    guard_callbacks()
    guard_callbacks()
    assert SessionState._run_callback_and_record_rerun._guarded  # type: ignore[attr-defined]
    source = inspect.getsource(SessionState)
    assert source.count("self._run_callback_and_record_rerun(") == 2
    assert source.count(".call_callback,") == 1


def test_the_app_guards_the_whole_page_script() -> None:
    source = (Path(__file__).resolve().parents[2] / "dashboard" / "app.py").read_text()
    guarded = (
        r"    with guarded\(\):.*\n        _let_go_of_deleted_model\(\)\n        page\.run\(\)\n"
    )
    assert re.search(guarded, source)
    assert source.count("page.run()") == 1


def test_a_log_that_cannot_be_written_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from core import logfile

    monkeypatch.setattr(logfile, "home", lambda: tmp_path / "missing" / "folder")
    try:
        raise ValueError("lost")
    except ValueError:
        log_failure("It failed")
    assert capsys.readouterr().err == ""
