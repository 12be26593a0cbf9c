"""The list of runs: those under way or unfinished, then the finished ones, the newest first."""

from __future__ import annotations

import streamlit as st

from core.contracts import Run
from dashboard import services
from dashboard.app_pages.models import page_choice, progress
from dashboard.app_pages.models.page_choice import MOST_COMPARED, ModelsChoice
from dashboard.figures.learning import sparkline, sparkline_text
from dashboard.formatting import duration, error_text, escape
from dashboard.model_text import architecture_name, run_name
from dashboard.run_text import (
    badge_of,
    changed_text,
    date,
    gap_text,
    seeds_range,
    size_text,
    small_text,
)  # fmt: skip
from dashboard.session import bound
from dashboard.theme import current_mode
from dashboard.views import registry as views
from dashboard.widgets.run_card import RunSummary, run_summary

__all__ = ["draw"]

_PAGE = 12
_MORE = "models more"


def draw(shown: ModelsChoice) -> None:
    """Draw the list."""
    st.title("Models", anchor=False)
    st.markdown(
        "Every model that was trained, made smaller or brought along here, and how far it can be "
        "trusted on pictures that it has never seen. What is listed here, the other pages explain "
        "and audit."
    )
    with st.container(horizontal=True, vertical_alignment="center", key="models actions"):
        st.button(
            "New run", type="primary", icon=":material/add:", key="new run",
            on_click=page_choice.change, kwargs={"view": "new"},
        )  # fmt: skip
        st.button(
            "Bring a model", icon=":material/upload:", key="bring",
            on_click=page_choice.change, kwargs={"view": "bring"},
        )  # fmt: skip
    _broken()
    progress.section()
    _finished(shown)


def _broken() -> None:
    """Name what installed packages bring that cannot be used; the rest works without it."""
    for text in views.broken():
        st.warning(escape(error_text(text)), icon=":material/extension_off:")


def _finished(shown: ModelsChoice) -> None:
    runs = services.runs()
    if not runs:
        st.info(
            "Nothing has been trained here yet. Press New run: the form is filled in already, and "
            "a model of the portraits takes a minute or two.",
            icon=":material/arrow_upward:",
        )
        return
    _head(shown, len(runs))
    count = _PAGE * (1 + st.session_state.get(_MORE, 0))
    for run in runs[:count]:
        _card(run, shown)
    if len(runs) > count:
        st.button(
            f"Show {min(_PAGE, len(runs) - count)} more", key="more runs",
            on_click=lambda: st.session_state.update({_MORE: st.session_state.get(_MORE, 0) + 1}),
        )  # fmt: skip
    st.caption(
        "Large number: share of the test pictures classified right; the bar and the figures below "
        "are Wilson's 95 % interval for this one run. Where several seeds were trained, the last "
        "line is the range of their accuracies. Small curve: accuracy on validation pictures by "
        "epoch, up to 100 % on top. The line about groups is a look at the widest of many gaps, "
        "and choosing the widest makes it wider than it is; the Fairness page audits."
    )


def _head(shown: ModelsChoice, n_runs: int) -> None:
    chosen = len(shown.compared)
    with st.container(horizontal=True, vertical_alignment="center", key="models compare"):
        st.subheader(f"{n_runs} finished", anchor=False)
        if chosen:
            st.button("Clear", key="clear compared", type="tertiary", on_click=page_choice.change,
                      kwargs={"compared": ()})  # fmt: skip
        st.button(
            f"Compare {chosen} runs" if chosen > 1 else "Compare",
            key="compare runs",
            icon=":material/compare_arrows:",
            disabled=chosen < 2,
            help=None if chosen > 1 else f"Tick two to {MOST_COMPARED} runs below.",
            on_click=page_choice.change,
            kwargs={"view": "compare"},
        )


def _card(run: Run, shown: ModelsChoice) -> None:
    with st.container(border=True, key=f"card/{run.model}"):
        about, actions = st.columns([6.4, 1], gap="medium", vertical_alignment="center")
        with about:
            run_summary(_summary(run), mode=current_mode())
        with actions, st.container(key=f"actions/{run.model}", horizontal=True, gap="small"):
            st.button(
                "Open", key=f"open/{run.model}", width="stretch", icon=":material/open_in_full:",
                on_click=page_choice.change, kwargs={"view": "run", "run": run.model, "by": ""},
            )  # fmt: skip
            _tick(run, shown)


def _tick(run: Run, shown: ModelsChoice) -> None:
    ticked = run.model in shown.compared

    def changed(wanted: bool) -> None:
        others = tuple(id for id in shown.compared if id != run.model)
        page_choice.change(compared=(*others, run.model) if wanted else others)

    st.checkbox(
        "Compare", **bound(f"tick/{run.model}", ticked, changed),
        disabled=not ticked and len(shown.compared) >= MOST_COMPARED,
    )  # fmt: skip


def _summary(run: Run) -> RunSummary:
    shipped = services.is_shipped(run.model)
    title = run_name(run)
    recipe = services.recipes().get(run.recipe)
    data = services.dataset_name(run.dataset)
    what = [
        architecture_name(run.architecture),
        recipe.name.lower() if recipe else run.recipe,
        "" if data in title or not run.dataset else f"on {data}",
        changed_text(run.parameters, recipe.parameters) if recipe else "",
    ]
    gap = services.largest_gap(run)
    finding = small_text(run)
    if not finding and gap is not None:
        finding = f"{'△' if gap.beyond_chance else '○'} {gap_text(gap)}"
    facts = [size_text(run), date(run.created, st.context.timezone), duration(run.seconds)]
    return RunSummary(
        title=title,
        badge=badge_of(run, shipped=shipped),
        lines=[" · ".join(w for w in what if w), " · ".join(facts)],
        rate=None if run.test is None else services.rate_of(run.test),
        stand_in="not tested",
        seeds="" if run.seeds is None else seeds_range(run.seeds),
        finding=finding,
        curve=sparkline(run.history, mode=current_mode()),
        curve_text=sparkline_text(run.history),
    )
