"""Compare: two maps side by side, how far they agree, and how a map moves along a path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import streamlit as st

from core.contracts import Explanation, Input, OpenedSource, Prediction
from core.errors import PellucidError
from dashboard import address, services, slice_choice, state, uploads
from dashboard import page as frame
from dashboard.app_pages.compare import agreement, drift, page_choice
from dashboard.app_pages.compare import sides as sides_part
from dashboard.app_pages.compare.page_choice import NOT_FROM_CHOICE, CompareChoice
from dashboard.app_pages.picture import controls as picture_controls
from dashboard.app_pages.picture import facts as picture_facts
from dashboard.app_pages.picture import strip as picture_strip
from dashboard.app_pages.picture.frame import asked_for
from dashboard.figures.ranking import ranking
from dashboard.formatting import caption, error_text, errors_line, escape, percent
from dashboard.guard import guarded
from dashboard.session_jobs import Answer, session_jobs
from dashboard.state import Choice
from dashboard.theme import current_mode
from dashboard.views import registry as views
from dashboard.views.base import Side
from dashboard.widgets import progress
from dashboard.widgets.chart import chart
from dashboard.widgets.progress import Pending

__all__ = ["page"]

_NAME = "pair problems"
_TOP = 3
_GONE = (
    "This {source} is not here any more: uploads stay in memory for a while and are never written "
    "to disk. Drop the same file again, or choose another one."
)


@dataclass(frozen=True, slots=True)
class _Side:
    """One side: what it shows, and how far its answers are.

    ``error`` says why this side has nothing; the other side goes on without it.
    """

    id: str
    name: str
    title: str
    choice: Choice | None
    source: OpenedSource | None
    answer: Answer | None = None
    evidence: Answer | None = None
    error: str = ""

    @property
    def given(self) -> Input | None:
        """What the model is shown; ``None`` where there is nothing to show it."""
        if self.source is None or self.choice is None or self.error:
            return None
        return services.prediction_request(self.source, self.choice).input

    @property
    def prediction(self) -> Prediction | None:
        """What the model says, once it has."""
        found = self.answer.result if self.answer else None
        return found if isinstance(found, Prediction) else None

    @property
    def explanation(self) -> Explanation | None:
        """The map, once it is there."""
        found = self.evidence.result if self.evidence else None
        return found if isinstance(found, Explanation) else None


def page() -> None:
    """Draw the page."""
    choice, shown = asked_for(page_choice.session, _NAME)
    with guarded():
        picture_controls.sidebar(choice)
        frame.say_problems(_NAME, (choice, shown))
        picture_strip.strip(choice)
    with guarded(), frame.with_session_jobs():
        shown = _body(choice, shown)
    held = address.to_query(choice)
    left = {part: text for part, text in held.items() if part not in NOT_FROM_CHOICE}
    frame.publish(left, shown.to_query(), slice_choice.to_query())


def _body(choice: Choice, shown: CompareChoice) -> CompareChoice:
    """Draw everything below the strip; return the pair with what the page proposed."""
    left = _asked(_Side("left", "Left", "", choice, sides_part.source_of(choice)))
    kind = sides_part.KINDS[shown.differ]
    other = sides_part.other_of(choice, shown, left.prediction)
    options = sides_part.options_of(choice, shown, left.prediction)
    moved = kind.move(choice, other) if other else None
    right_source = None if moved is None else sides_part.source_of(moved)
    right = _asked(_Side("right", "Right", options.get(other, ""), moved, right_source))
    if right.choice is None and left.prediction is not None:
        kind_of = services.kind_of(choice.model).source
        right = replace(right, error=f"There is nothing of {kind_of}s here to hold against it.")
    left = replace(left, title=options.get(kind.value(choice, left.prediction), ""))

    item = uploads.find(choice.picture)
    if item is not None and left.source is not None:
        picture_facts.line(item, left.source, choice)
    sides_part.selects(choice, shown, other, left.prediction)
    _stages(left, right)
    _below(left, right)
    if left.explanation is not None and right.explanation is not None:
        if left.source is not None and left.given is not None:
            agreement.difference(left.explanation, right.explanation, left.source, left.given)
        _one_class_for_both(left.explanation, right.explanation, shown)
    if left.source is not None:
        drift.section(left.source, choice, shown)
    return replace(shown, other=other)


def _asked(side: _Side) -> _Side:
    """Ask for what a side shows; whatever is wrong with it stays on this side."""
    if side.choice is None:
        return side
    if side.source is None:
        source = services.kind_of(side.choice.model).source
        return replace(side, error=_GONE.format(source=source))
    try:
        evidence = services.explanation_request(side.source, side.choice)
        prediction = services.prediction_request(side.source, side.choice)
    except PellucidError as error:
        return replace(side, error=error_text(error))
    session_jobs().ask(evidence, patience=0)
    answer = session_jobs().ask(prediction)
    return replace(side, answer=answer, evidence=session_jobs().ask(evidence))


# ---- the stages


def _stages(left: _Side, right: _Side) -> None:
    a, b = left.explanation, right.explanation
    if a is not None and b is not None:
        agreement.numbers(services.comparison(a, b))
    elif any(s.evidence and s.evidence.state == "waiting" for s in (left, right)):
        st.skeleton(height=agreement.HEIGHT)
    if left.choice is not None:
        views.of_model(left.choice.model).pair([_shown(left), _shown(right)], key="pair")
    progress.waiting(
        [
            Pending(side.evidence.key, f"{side.name}: {side.title}")
            for side in (left, right)
            if side.evidence is not None and side.evidence.state == "waiting"
        ],
        place="pair",
    )


def _shown(side: _Side) -> Side:
    explanation, note = side.explanation, ""
    if explanation is not None:
        card, drawn = services.method(explanation.method), services.layer(explanation)
        lines = (caption(explanation, card, drawn.limits, drawn.ends), errors_line(explanation))
        note = " · ".join(line for line in lines if line)
    return Side(
        id=side.id, side=side.name, title=side.title,
        model="" if side.choice is None else side.choice.model, note=note, source=side.source,
        given=side.given, explanation=explanation, state=_state(side),
    )  # fmt: skip


def _state(side: _Side) -> str:
    if side.error:
        return "Nothing to show: the reason stands below."
    if side.evidence is None:
        return "Waiting for the prediction"
    if side.explanation is not None:
        empty = services.layer(side.explanation).empty
        return "No evidence to show: the map is 0 everywhere." if empty else ""
    words = {"waiting": side.evidence.message or "Waiting for a worker", "stopped": "Stopped"}
    return words.get(side.evidence.state, "Nothing to show: the reason stands below.")


# ---- below each stage


def _below(left: _Side, right: _Side) -> None:
    columns = st.columns(2, gap="medium")
    for column, side in zip(columns, (left, right), strict=True):
        with column:
            _problems(side)
    sides = [side for side in (left, right) if side.prediction is not None]
    if len({side.prediction.key for side in sides if side.prediction}) == 1 < len(sides):
        with columns[0]:
            _predicted("Both sides: what the model says", sides)
        return
    for side in sides:
        with columns[(left, right).index(side)]:
            _predicted(f"{side.name}: what the model says", [side])


def _problems(side: _Side) -> None:
    if side.error:
        st.error(escape(f"{side.name}: {side.error}"), icon=":material/error:")
        return
    answer, evidence = side.answer, side.evidence
    if evidence is not None and evidence.state in ("failed", "stopped"):
        progress.ended_badly(evidence, f"{side.name}: {side.title}")
    elif answer is not None and answer.state in ("failed", "stopped"):
        progress.ended_badly(answer, f"{side.name}: the prediction")


def _predicted(title: str, sides: Sequence[_Side]) -> None:
    """Draw the likeliest classes, and those that the maps of ``sides`` explain."""
    prediction = sides[0].prediction
    if prediction is None:
        return
    everything = services.ranking(prediction, len(prediction.logits))
    explained = tuple({s.explanation.target.index: None for s in sides if s.explanation})
    scores = [s for i, s in enumerate(everything) if i < _TOP or s.index in explained]
    st.caption(title)
    words = ", ".join(f"{score.label} {percent(score.probability)}" for score in scores)
    chart(
        ranking(scores, explained=explained[:2], mode=current_mode()),
        key=f"ranking/{sides[0].id}",
        alt=f"{title}: {words}",
    )


def _one_class_for_both(a: Explanation, b: Explanation, shown: CompareChoice) -> None:
    """Say that two models explain two classes, and offer to explain the same one."""
    if shown.differ != "model" or a.target.label == b.target.label:
        return
    st.info(
        f"Each side explains what its own model predicts: {escape(a.target.label)} on the left, "
        f"{escape(b.target.label)} on the right.",
        icon=":material/call_split:",
    )
    if services.class_names(a.model) == services.class_names(b.model):
        st.button(
            f"Explain {escape(a.target.label)} on both sides",
            key="same class",
            on_click=lambda: state.change(target=a.target.index),
        )
