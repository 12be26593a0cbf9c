"""One run in full: what it is worth, how it learned, whom it fails, and how it was made."""

from __future__ import annotations

import streamlit as st

from core.contracts import Evaluation, Run
from dashboard import glossary, services
from dashboard import page as frame
from dashboard.app_pages.models import (
    actions,
    compression,
    groups,
    mistakes,
    page_choice,
    provenance,
)
from dashboard.app_pages.models.page_choice import ModelsChoice
from dashboard.figures.confusion import MOST, confusion
from dashboard.figures.learning import Measure, curves
from dashboard.formatting import duration, escape, interval, number, percent
from dashboard.model_text import architecture_name, named, run_name
from dashboard.run_text import (
    badge_of,
    gap_text,
    megabytes,
    seeds_text,
    small_text,
    weights_text,
)
from dashboard.theme import current_mode
from dashboard.widgets.chart import chart
from dashboard.widgets.run_card import big_numbers, heading

__all__ = ["draw"]

_MOST_CONFUSED = 12


def draw(run: Run, shown: ModelsChoice) -> None:
    """Draw a finished run."""
    shipped = services.is_shipped(run.model)
    heading(run_name(run), badge_of(run, shipped=shipped))
    st.markdown(_sentence(run))
    big_numbers(_numbers(run))
    if small := small_text(run):
        st.markdown(f"{'○' if run.facts.get('lost') == 0 else '△'} {escape(small)}")
    gap = services.largest_gap(run)
    if gap is not None:
        mark = "△" if gap.beyond_chance else "○"
        st.markdown(f"{mark} {escape(gap_text(gap))}")
    if run.seeds is not None:
        mark = "△" if any(gap.beyond_chance for gap in run.seeds.gaps) else "○"
        st.markdown(f"{mark} {escape(seeds_text(run.seeds))}")
    for note in run.notes:
        st.info(escape(note), icon=":material/info:")
    actions.row(run)
    with frame.with_session_jobs():
        _parts(run, shown)


def _sentence(run: Run) -> str:
    recipe = services.recipes().get(run.recipe)
    words = [
        architecture_name(run.architecture),
        recipe.name.lower() if recipe else run.recipe,
        f"from {named(run.base)}" if run.base else "",
        f"on {services.dataset_name(run.dataset)}" if run.dataset else "",
        f"made of {named(run.twin)}" if run.twin else "",
    ]
    text = escape(" · ".join(word for word in words if word))
    if run.model not in services.models():
        text += "  \n△ Its architecture is not known here, so no page can open it."
    return text


def _numbers(run: Run) -> list[tuple[str, str, str]]:
    size = (megabytes(run.bytes), "size", weights_text(run.n_parameters))
    time = (duration(run.seconds), "time", run.device)
    if run.test is None:
        return [size, time]
    rate = services.rate_of(run.test)
    span = f"95 %: {interval(rate.low, rate.high)}"
    return [
        (percent(rate.value), "right on test pictures", f"{rate.k} of {rate.n} · {span}"),
        (percent(run.test.balanced_accuracy), "balanced over classes", "mean of the rows' shares"),
        (number(run.test.loss), "loss", "mean cross-entropy, nats"),
        size,
        *([time] if run.seconds else []),
    ]


def _parts(run: Run, shown: ModelsChoice) -> None:
    if run.history:
        _learned(run)
    if run.test is not None:
        left, right = st.columns([1, 1.15], gap="large")
        with left:
            _confused(run.test, run.classes)
        with right:
            groups.one(run, shown)
        mistakes.panel(run)
    compression.panel(run)
    provenance.panel(run)
    st.markdown(
        "**What it can't show:** how the model does on other data than this, or why it decides as "
        "it does. High accuracy on a test split made like the training split can rest on a "
        "shortcut that both share: look at the evidence in Inspect."
    )


def _learned(run: Run) -> None:
    st.subheader("How it learned", anchor=False, help=glossary.explain("learning curve"))
    measures: tuple[Measure, ...] = ("accuracy", "loss")
    for place, measure in zip(st.columns(2, gap="large"), measures, strict=True):
        with place:
            st.markdown(f"**{measure.capitalize()}** by epoch")
            chart(
                curves(run.history, measure, mode=current_mode()),
                key=f"curve/{measure}",
                alt=_alt(run, measure),
            )
    lowest = run.lowest_validation
    if lowest is not None and lowest.epoch != len(run.history):
        st.caption(
            f"Lowest validation loss: epoch {lowest.epoch} of {len(run.history)}. The weights are "
            f"those after epoch {run.best_epoch}."
        )


def _alt(run: Run, measure: Measure) -> str:
    last = run.history[-1]
    values = {name: getattr(last, f"{part}_{measure}") for name, part in _SPLITS.items()}
    ends = ", ".join(f"{name} {value:.3g}" for name, value in values.items() if value is not None)
    return f"{measure.capitalize()} over {len(run.history)} epochs; at the end: {ends}"


_SPLITS = {"training": "train", "validation": "val", "test": "test"}


def _confused(test: Evaluation, classes: tuple[str, ...]) -> None:
    st.subheader("What it takes for what", anchor=False, help=glossary.explain("confusion matrix"))
    pairs = sorted(
        (
            (k, classes[i], classes[j])
            for i, row in enumerate(test.confusion)
            for j, k in enumerate(row)
            if i != j and k
        ),
        reverse=True,
    )[:_MOST_CONFUSED]
    words = [f"{k} × {true} taken for {said}" for k, true, said in pairs]
    if len(classes) <= MOST:
        chart(
            confusion(test.confusion, classes, mode=current_mode()),
            key="confusion",
            alt="Confusion matrix. " + (", ".join(words) or "Nothing is confused."),
        )
        st.caption("Count, and its share of the row: of the pictures that truly are of that class.")
    elif words:
        st.markdown("\n".join(f"- {escape(line)}" for line in words))
        st.caption(f"{len(classes)} classes are too many for a matrix: what is confused most.")
    else:
        st.markdown("Nothing was confused.")


def gone() -> None:
    """Say that the run of an address is not here."""
    st.info(
        "There is no run of this name here: it was deleted, or stopped before its first step. "
        "Start it again with New run.",
        icon=":material/search_off:",
    )
    st.button("New run", key="new run", icon=":material/add:",
              on_click=page_choice.change, kwargs={"view": "new"})  # fmt: skip
