"""The results of Inspect: the probabilities, and the map with its caption and downloads."""

from __future__ import annotations

from functools import partial

import plotly.graph_objects as go
import streamlit as st

from core.contracts import (
    DEPTHS,
    Explanation,
    Input,
    MethodCard,
    OpenedSource,
    Prediction,
    count_text,
)
from dashboard import services, state, uploads
from dashboard.figures.ranking import ranking
from dashboard.formatting import caption, errors_line, escape, percent, said_of
from dashboard.lru import Lru
from dashboard.session_jobs import Answer
from dashboard.state import Choice
from dashboard.theme import current_mode
from dashboard.views import registry as views
from dashboard.views.base import View
from dashboard.widgets import progress
from dashboard.widgets.chart import chart
from dashboard.widgets.download import download
from dashboard.widgets.progress import Pending

__all__ = ["CHART_HEIGHT", "file_stem", "ranking_chart", "stage_panel"]

_TOP = 5
CHART_HEIGHT = 230
_charts: Lru[tuple[object, ...], go.Figure] = Lru(256)


# ---- probabilities


def ranking_chart(prediction: Prediction, explanation: Explanation | None, choice: Choice) -> None:
    """Draw the most probable classes, and below them explained ones that are less probable."""
    everything = services.ranking(prediction, len(prediction.logits))
    explained = _explained(explanation, choice) or (everything[0].index,)
    scores = [s for i, s in enumerate(everything) if i < _TOP or s.index in explained]
    mode = current_mode()
    figure = _charts.get_or(
        (prediction.key, explained, mode),
        lambda: ranking(scores, explained=explained, mode=mode),
    )
    words = ", ".join(f"{score.label} {percent(score.probability)}" for score in scores)
    st.caption(
        f"The likeliest of {count_text(len(everything), 'class')}, by the model's own reckoning."
    )
    chart(figure, key="ranking", alt=f"Top classes: {words}")


def _explained(explanation: Explanation | None, choice: Choice) -> tuple[int, ...]:
    if explanation is None:
        return tuple(i for i in (choice.target, choice.against) if i is not None)
    classes = (explanation.target, explanation.against)
    return tuple(c.index for c in classes if c is not None)


# ---- the map


def stage_panel(shown: OpenedSource, choice: Choice, answer: Answer, evidence: Answer) -> None:
    """Draw the source with the map, what it says, and how to take it along."""
    explanation = evidence.result if isinstance(evidence.result, Explanation) else None
    card = services.method(choice.method)
    given, view = services.explanation_request(shown, choice).input, views.of_model(choice.model)
    view.stage(shown, given, explanation, model=choice.model, key="stage")
    _pending(answer, evidence, card)
    if explanation is not None:
        _describe(explanation, card)
        _download(shown, explanation, view)
    elif evidence.state in ("failed", "stopped") and answer.state != "failed":
        progress.ended_badly(evidence, card.name)
    progress.notes(evidence)
    _about_source(shown, given, choice)


def _pending(answer: Answer, evidence: Answer, card: MethodCard) -> None:
    jobs = []
    if answer.state == "waiting":
        jobs.append(Pending(answer.key, "Prediction", can_cancel=False))
    if evidence.state == "waiting":
        jobs.append(Pending(evidence.key, card.name))
    progress.waiting(jobs, place="stage")


def _describe(explanation: Explanation, card: MethodCard) -> None:
    drawn = services.layer(explanation)
    lines = [escape(caption(explanation, card, drawn.limits, drawn.ends))]
    if drawn.empty:
        lines = [
            f"**No evidence to show:** the map of {escape(card.name)} is 0 everywhere. This class "
            "has nothing that speaks for it here, as far as this method can see.",
            *lines,
        ]
    if errors := errors_line(explanation):
        lines.append(escape(errors))
    kind = services.kind_of(explanation.model)
    summary, limits = said_of(card.summary, kind), said_of(card.limits, kind)
    st.markdown(f"{escape(summary)} **What it can't show:** {escape(limits)}")
    st.caption("  \n".join(lines))


def _download(shown: OpenedSource, explanation: Explanation, view: View) -> None:
    menu = st.popover("Download", icon=":material/download:", key="download", on_change="rerun")
    if not menu.open:
        return
    stem, source = f"{file_stem(shown.name)}.{explanation.method}", view.card.source.capitalize()
    with menu:
        for kind, label, make in (
            ("png", f"{source} with the map", partial(services.drawn, shown, explanation)),
            ("npz", "Raw map", partial(services.explanation_npz, explanation)),
            ("json", "All but the map", partial(services.explanation_json, explanation)),
        ):
            download(f"{label} ({kind})", make, f"{stem}.{kind}", key=f"download/{kind}")
        st.caption("This command computes the same map again:")
        st.code(explanation.command, language="bash", wrap_lines=True)


def file_stem(name: str) -> str:
    """Return a file name's stem without anything that a file system or a shell minds."""
    stem = name.rsplit("/", 1)[-1].rsplit("\\", 1)[-1].rsplit(".", 1)[0]
    kept = "".join(c if c.isalnum() or c in "-_" else "_" for c in stem)
    return kept[:60] or "picture"


def _about_source(shown: OpenedSource, given: Input, choice: Choice) -> None:
    item, view = uploads.find(choice.picture), views.of_model(choice.model)
    words = [f"{shown.name}, {view.size(shown, given)}"]
    words += services.source_notes(shown, model=choice.model)
    if item is not None and item.credit:
        words.append(f"{view.by}: {item.credit}")
    words.append(view.unseen(shown, given))
    st.caption(" · ".join(escape(w) for w in words if w))
    if view.has_depth(shown) and item is not None and item.facts is None:
        _depth(item)


def _depth(item: uploads.Item) -> None:
    key = f"depth/{item.id}"
    st.session_state[key] = item.depth
    st.selectbox(
        "Bits in the file", DEPTHS, key=key, width=180, on_change=_reread, args=(item, key),
        help="Cameras and scanners keep 10, 12 or 14 bits in files of 16. By itself a file is read "
        "as having as few of these as hold its largest value.",
    )  # fmt: skip


def _reread(item: uploads.Item, key: str) -> None:
    state.change(picture=uploads.reread(item, st.session_state[key]).id, mask="")
