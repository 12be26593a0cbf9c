"""One slice on all pages: from an address or the Fairness page to what the others show."""

from __future__ import annotations

from collections.abc import Iterator
from html import unescape
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.contracts import Slice
from core.errors import InputError
from core.fairness.slices import saved as saving
from core.settings import settings
from dashboard import services, slice_choice
from dashboard.app_pages.picture import picture_selection
from dashboard.app_pages.picture.picture_selection import PictureSelection
from dashboard.state import Choice
from tests.dashboard.conftest import Open, texts

FAIR = "portraits_fair"
DARK = "skin_tone_band=dark+7-10&age_band=old"
STRIP = """
import streamlit as st
from dashboard import address, page, slice_choice, state
from dashboard.app_pages.picture import strip as inspect_strip
choice = state.current() or state.begin(address.read({"model": "portraits_fair"})[0])
if "arrived" not in st.session_state:
    st.session_state["arrived"] = slice_choice.arrive(st.query_params.to_dict())
inspect_strip.strip(choice)
page.publish(address.to_query(choice), slice_choice.to_query())
for problem in st.session_state["arrived"]:
    st.warning(problem)
"""
WAYS = """
from core.contracts import Slice
from dashboard import services
from dashboard.app_pages.fairness import slice_ways
run = services.run("portraits_fair")
slice_ways.ways(Slice.parse("{slice}"), services.audited_data("portraits_fair"), run)
"""


def strip(**query: str) -> AppTest:
    app = AppTest.from_string(STRIP, default_timeout=30)
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def of(split: services.ShownSplit, **groups: str) -> np.ndarray:
    """The pictures whose groups are these, counted one by one."""
    return np.array([
        i for i in range(len(split)) if all(split.groups[a][i] == g for a, g in groups.items())
    ])  # fmt: skip


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("PELLUCID_HOME", str(tmp_path))
    settings.cache_clear()
    yield tmp_path
    monkeypatch.undo()
    settings.cache_clear()


# ---- what it leaves


def test_a_slice_of_the_address_narrows_the_strip_and_can_be_cleared() -> None:
    split = services.shown_split("portraits")
    ages = sorted(set(split.groups["age_band"]))
    n = len(of(split, skin_tone_band="dark 7-10", age_band=ages[0]))
    assert 12 < n < len(split)
    app = strip(slice=Slice((("skin_tone_band", "dark 7-10"), ("age_band", ages[0]))).text)
    assert not app.exception
    shown = unescape(texts(app))
    assert f"{n} of 1500 test pictures belong to it" in shown
    assert f"1 to 12 of {n} test pictures: in the slice" in shown
    chip = app.button(key="clear slice/strip")
    assert chip.label.startswith("slice: age band ")
    assert "skin tone band dark 7" in unescape(chip.label)
    assert "skin_tone_band=dark" in app.query_params["slice"]
    chip.click().run()
    assert "of 1500 test pictures" in texts(app)
    assert "slice" not in dict(app.query_params)
    assert "belong to it" not in texts(app)


def test_what_the_strip_holds_are_the_slice_s_pictures() -> None:
    split = services.shown_split("portraits")
    members = of(split, skin_tone_band="dark 7-10")
    left = picture_selection.narrowed(
        split, PictureSelection("portraits", slice="skin_tone_band=dark+7-10"), None
    )
    assert sorted(left) == members.tolist()
    both = picture_selection.narrowed(
        split, PictureSelection("portraits", slice="skin_tone_band=dark+7-10", label=0), None
    )
    assert sorted(both) == [i for i in members if split.labels[i] == 0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("shoe=42", "The slice does not fit these pictures. There is no attribute 'shoe'"),
        ("skin_tone_band=green", "0 of 1500 test pictures belong to it"),
    ],
)
def test_a_slice_that_leaves_nothing_or_does_not_fit_says_so(text: str, words: str) -> None:
    app = strip(slice=text)
    shown = unescape(texts(app))
    assert not app.exception
    assert words in shown
    expected = "of 1500 test pictures" if "shoe" in text else "None of the 1500 test pictures"
    assert expected in shown


def test_an_address_that_holds_no_slice_is_told() -> None:
    app = strip(slice="&&")
    assert "slice holds conditions such as" in app.warning[0].value
    assert "clear slice/strip" not in {button.key for button in app.button}
    assert slice_choice.read({"slice": "a=" + "x" * 400})[1], "no address is that long"


def test_strangers_words_stay_text_on_the_chip() -> None:
    app = strip(slice="skin_tone_band=**x**%3Cb%3E")
    assert "<b>" not in app.button(key="clear slice/strip").label
    assert "**x**" not in app.button(key="clear slice/strip").label


def test_every_page_about_a_picture_keeps_the_slice_in_its_address(open_app: Open) -> None:
    app = open_app(wait=False, model=FAIR, slice="hair=bald")
    assert app.query_params["slice"] == "hair=bald"
    assert "slice: hair bald" in {button.label for button in app.button}


# ---- from the Fairness page to the others


@pytest.mark.parametrize("url", ["inspect", "shap", "robustness"])
def test_ways_open_with_the_slice_and_its_first_picture(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone: list[str] = []
    monkeypatch.setattr("streamlit.switch_page", lambda page: gone.append(page.url_path))
    app = AppTest.from_string(WAYS.format(slice="skin_tone_band=dark+7-10")).run()
    app.button(key=f"slice to {url}").click().run()
    assert not app.exception
    assert gone == ["" if url == "inspect" else url]
    assert app.session_state["slice looked at"] == Slice((("skin_tone_band", "dark 7-10"),))
    split = services.shown_split("portraits")
    if url == "robustness":
        assert app.session_state["robustness trial"].model == FAIR
        return
    choice: Choice = app.session_state["choice"]
    assert choice.model == FAIR
    index = int(choice.picture.rsplit("~", 1)[1])
    assert split.groups["skin_tone_band"][index] == "dark 7-10"


def test_no_way_leads_to_a_slice_without_pictures() -> None:
    assert not AppTest.from_string(WAYS.format(slice="skin_tone_band=green")).run().button


# ---- names


def test_slices_are_saved_by_name_for_one_data_alone(own_home: Path) -> None:
    chosen = Slice.parse(DARK)
    saving.save_slice("a" * 64, "  dark,  old ", chosen)
    saving.save_slice("a" * 64, "other", Slice.parse("sex=f"))
    assert saving.saved_slices("a" * 64) == {"dark, old": chosen, "other": Slice.parse("sex=f")}
    assert saving.saved_slices("b" * 64) == {}
    saving.save_slice("a" * 64, "other", chosen)
    assert saving.saved_slices("a" * 64)["other"] == chosen
    saving.forget_slice("a" * 64, "other")
    saving.forget_slice("b" * 64, "never saved")
    assert list(saving.saved_slices("a" * 64)) == ["dark, old"]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("", "sex=f", "1 to 60 printable"),
        ("x" * 61, "sex=f", "1 to 60 printable"),
        ("a\x07b", "sex=f", "1 to 60 printable"),
        ("all", "", "at least one condition"),
        ("long", "a=" + "x" * 600, "at most 500 characters"),
    ],
)
def test_what_cannot_be_saved_is_refused(own_home: Path, name: str, text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        saving.save_slice("a", name, Slice.parse(text))
    assert saving.saved_slices("a") == {}


def test_there_is_an_end_to_names_and_a_damaged_file_is_left_out(own_home: Path) -> None:
    for i in range(saving.MOST_SAVED):
        saving.save_slice("a", f"{i}", Slice.parse("sex=f"))
    with pytest.raises(InputError, match="Delete one first"):
        saving.save_slice("a", "one more", Slice.parse("sex=f"))
    saving.save_slice("a", "7", Slice.parse("sex=m"))
    (file,) = (own_home / "slices").glob("*.json")
    file.write_text("{]")
    assert saving.saved_slices("a") == {}


SAVING = """
import streamlit as st
from dashboard import services, slice_choice
from dashboard.app_pages.fairness import slice as fairness_slice
from dashboard.app_pages.fairness.source import AuditedData
source = services.hold_table(b"y,p,sex\\n1,1,f\\n0,1,m\\n", name="mine.csv")
if "begun" not in st.session_state:
    st.session_state["begun"] = True
    slice_choice.change("sex=f")
audited = AuditedData(attributes=("sex",), groups=("sex",), table=source)
fairness_slice.saved(audited)
if slice_choice.current().conditions:
    fairness_slice.one(slice_choice.current(), audited)
"""


def test_a_slice_is_named_on_the_page_found_again_and_deleted(own_home: Path) -> None:
    app = AppTest.from_string(SAVING, default_timeout=30).run()
    assert not app.exception
    assert not app.selectbox, "nothing is saved yet"
    app.button(key="save slice now").click().run()
    assert "1 to 60 printable characters" in unescape(app.error[0].value)
    app.text_input(key="slice name").set_value("<b>Women</b>").run()
    app.button(key="save slice now").click().run()
    assert app.selectbox(key="saved slice").value == "<b>Women</b>"
    app.button(key="close slice").click().run()
    assert app.selectbox(key="saved slice").value == ""
    app.selectbox(key="saved slice").set_value("<b>Women</b>").run()
    assert app.session_state["slice looked at"] == Slice((("sex", "f"),))
    app.button(key="forget slice").click().run()
    assert not app.exception
    assert not app.selectbox


# ---- Robustness


SOURCE = """
import streamlit as st
from dashboard import page, slice_choice
from dashboard.app_pages.robustness import page_choice as robustness_choice
from dashboard.app_pages.robustness import source as robustness_source
trial, _ = robustness_choice.read({"model": "portraits_fair"})
trial = robustness_choice.current() or robustness_choice.begin(trial)
slice_choice.arrive(st.query_params.to_dict())
subject = robustness_source.choose(trial)
if subject is not None:
    options = subject.options()
    st.caption(f"{len(subject.order)} left, slice {options['slice']}, limit {options['limit']}")
page.publish(trial.to_query(), slice_choice.to_query())
"""


def attacked(text: str) -> AppTest:
    app = AppTest.from_string(SOURCE, default_timeout=30)
    app.query_params["slice"] = text
    return app.run()


def test_what_is_attacked_is_the_slice() -> None:
    app = attacked("hair=bald&skin_tone_band=dark+7-10")
    assert not app.exception
    split = services.shown_split("portraits")
    n = len(of(split, hair="bald", skin_tone_band="dark 7-10"))
    assert 0 < n < 256
    shown = unescape(texts(app))
    assert f"{n} left, slice hair=bald&skin_tone_band=dark+7-10, limit {n}" in shown
    assert f"{n} of 1500 test pictures belong to it" in shown
    assert app.query_params["slice"] == "hair=bald&skin_tone_band=dark+7-10"


@pytest.mark.parametrize(
    ("text", "words"),
    [("hair=green", "there is nothing to attack"), ("shoe=42", "1500 left, slice None, limit 256")],
)
def test_a_slice_without_pictures_attacks_nothing(text: str, words: str) -> None:
    app = attacked(text)
    assert not app.exception
    assert words in unescape(texts(app))
