"""The comparison below the stage: several methods, or several classes, on the same source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from core.contracts import Explanation, OpenedSource, Prediction
from dashboard import services, state
from dashboard.app_pages.compare import page as compare
from dashboard.app_pages.compare import page_choice as compare_page_choice
from dashboard.app_pages.picture.controls import likely_classes
from dashboard.formatting import escape, number, percent
from dashboard.session_jobs import Answer, session_jobs
from dashboard.state import Choice, Comparison
from dashboard.views import registry as views
from dashboard.widgets import progress
from dashboard.widgets.progress import Pending
from dashboard.widgets.tiles import Tile, tiles

__all__ = ["panel"]

_KINDS: dict[Comparison, str] = {"methods": "Methods", "classes": "Classes"}
_DIFFERS: dict[Comparison, compare_page_choice.Differ] = {"methods": "method", "classes": "class"}
_CLASSES = 3
_METHODS = 6
_MOST = 9


def panel(shown: OpenedSource, choice: Choice, prediction: Prediction) -> None:
    """Draw the choice of a comparison and, once there is one, its grid."""
    st.subheader("Compare", anchor=False)
    st.session_state["compare"] = choice.compare or None
    st.segmented_control(
        "Compare",
        list(_KINDS),
        format_func=_KINDS.__getitem__,
        key="compare",
        label_visibility="collapsed",
        on_change=_kind_chosen,
        args=(prediction,),
    )
    if not choice.compare:
        source = escape(services.kind_of(choice.model).source)
        st.caption(f"Several methods, or several classes, side by side on this {source}.")
        return
    _members(choice, prediction)
    if choice.compared:
        _grid(shown, choice)


def _kind_chosen(prediction: Prediction) -> None:
    choice = state.now()
    kind: Comparison = st.session_state["compare"] or ""
    starts: dict[Comparison, tuple[str, ...]] = {
        "": (),
        "methods": _first_methods(choice),
        "classes": tuple(str(s.index) for s in services.ranking(prediction, _CLASSES)),
    }
    state.change(compare=kind, compared=starts[kind])


def _first_methods(choice: Choice) -> tuple[str, ...]:
    cards = services.offered(services.model(choice.model))
    quick = [id for id, card in cards.items() if not card.slow and not card.control]
    return tuple(quick[:_METHODS])


def _members(choice: Choice, prediction: Prediction) -> None:
    names = services.class_names(choice.model)
    cards = services.offered(services.model(choice.model))
    of_methods = choice.compare == "methods"
    options = list(cards) if of_methods else [str(i) for i in likely_classes(prediction)]
    st.multiselect(
        _KINDS[choice.compare],
        options,
        format_func=lambda id: cards[id].name if of_methods else names[int(id)],
        max_selections=_MOST,
        label_visibility="collapsed",
        **state.bind(
            f"compared/{choice.compare}",
            "compared",
            [member for member in choice.compared if member in options],
        ),
    )


def _variant(choice: Choice, member: str) -> Choice:
    if choice.compare == "classes":
        return replace(choice, target=int(member), against=None)
    if member == choice.method:
        return choice
    layer = choice.layer if services.method(member).uses_layer else None
    return replace(choice, method=member, parameters=(), layer=layer)


def _grid(shown: OpenedSource, choice: Choice) -> None:
    members = choice.compared[:_MOST]
    answers = {
        member: session_jobs().ask(
            services.explanation_request(shown, _variant(choice, member)), patience=0
        )
        for member in members
    }
    titles = {member: _title(choice, member) for member in members}
    given, view = services.prediction_request(shown, choice).input, views.of_model(choice.model)

    def tile(member: str) -> Tile:
        answer, title = answers[member], titles[member]
        selected = _is_shown(choice, member)
        if isinstance(answer.result, Explanation):
            drawn = view.tile(shown, given, answer.result)
            return _tile(member, title, answer.result, drawn, selected=selected)
        return _waiting(member, title, answer, selected=selected)

    tiles(
        [tile(member) for member in members],
        key="grid",
        kind="grid",
        label="Comparison",
        on_pick=_pick,
        **view.shared(shown, given, choice.model),
    )
    progress.waiting_together(
        [Pending(a.key, titles[m]) for m, a in answers.items() if a.state == "waiting"],
        total=len(members),
    )
    st.caption(
        "Each map has its own scale: compare where the maps point, not how strong their colours "
        "are. Click a map to put it on the stage."
    )
    if len(members) > 1:
        _lead_on(choice, members[0], members[1], titles)


def _lead_on(choice: Choice, first: str, second: str, titles: Mapping[str, str]) -> None:
    """Offer the page that measures how far two maps agree."""
    label = f"Measure {escape(titles[first])} against {escape(titles[second])}"
    if st.button(label, key="to compare", icon=":material/compare:"):
        state.begin(_variant(choice, first))
        compare_page_choice.begin(
            compare_page_choice.CompareChoice(differ=_DIFFERS[choice.compare], other=second)
        )
        st.switch_page(st.Page(compare.page, title="Compare", url_path="compare"))


def _title(choice: Choice, member: str) -> str:
    if choice.compare == "classes":
        return services.class_names(choice.model)[int(member)]
    return services.method(member).name


def _is_shown(choice: Choice, member: str) -> bool:
    return _variant(choice, member).explanation_key() == choice.explanation_key()


def _tile(
    member: str, title: str, explanation: Explanation, fields: Mapping[str, Any], *,
    selected: bool,
) -> Tile:  # fmt: skip
    caption = _caption(explanation, services.layer(explanation), title)
    return Tile(member, title, caption=caption, selected=selected, **fields)


def _waiting(member: str, title: str, answer: Answer, *, selected: bool) -> Tile:
    words = {"waiting": answer.message or "waiting", "stopped": "stopped"}
    caption = words.get(answer.state) or str(answer.error)
    share = answer.fraction if answer.state == "waiting" else None
    return Tile(member, title, caption=caption, selected=selected, share=share)


def _caption(explanation: Explanation, drawn: services.Layer, title: str) -> str:
    low, high = (number(limit) for limit in drawn.limits)
    target = explanation.target.label
    if explanation.against is not None:
        target += f" − {explanation.against.label}"
    parts = ["no evidence: 0 everywhere" if drawn.empty else f"scale {low} to {high}"]
    if target != title:
        parts.insert(0, target)
    if explanation.completeness_error is not None:
        parts.append(f"completeness error {percent(explanation.completeness_error)}")
    elif "absolute_error" in explanation.diagnostics:
        off = float(explanation.diagnostics["absolute_error"])
        parts.append(f"completeness error {number(off)} logit")
    return " · ".join(parts)


def _pick(member: str) -> None:
    choice = _variant(state.now(), member)
    state.change(
        method=choice.method,
        parameters=choice.parameters,
        layer=choice.layer,
        target=choice.target,
        against=choice.against,
    )
