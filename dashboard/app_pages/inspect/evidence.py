"""The evidence card of Inspect: how far the map beside it can be trusted."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import plotly.graph_objects as go
import streamlit as st

from core.contracts import (
    Check,
    Curve,
    EvidenceCard,
    Explanation,
    ModalityCard,
    ModelCard,
    OpenedSource,
    opened_picture,
)
from dashboard import glossary, services, state
from dashboard.app_pages.inspect import mask
from dashboard.app_pages.inspect import sanity as sanity_part
from dashboard.app_pages.inspect.sanity import SanityState
from dashboard.figures import evidence as figures
from dashboard.formatting import better, duration, escape, number, said_of
from dashboard.guard import guarded
from dashboard.lru import Lru
from dashboard.session_jobs import Answer, session_jobs
from dashboard.state import Choice
from dashboard.theme import Mode, current_mode
from dashboard.views import registry as views
from dashboard.widgets import progress, verdicts
from dashboard.widgets.chart import chart
from dashboard.widgets.download import download
from dashboard.widgets.progress import Pending

__all__ = ["panel"]

_CURVES = ("deletion", "insertion")
_charts: Lru[tuple[str, str, Mode], go.Figure] = Lru(256)


def panel(shown: OpenedSource, choice: Choice, answer: Answer) -> None:
    """Draw the card of the map in ``answer``; the map never waits for it."""
    with guarded(), st.container(border=True, key="evidence-card"):
        st.subheader("Evidence", anchor=False, help=glossary.explain("evidence"))
        if isinstance(answer.result, Explanation):
            _examine(shown, choice, answer.result)
        elif answer.state == "waiting":
            st.skeleton(height=figures.HEIGHT + 60)
        else:
            st.caption("There is no map to examine.")


def _examine(shown: OpenedSource, choice: Choice, explanation: Explanation) -> None:
    if services.layer(explanation).empty:
        st.markdown("The map is 0 everywhere: it makes no claim that could be examined.")
        return
    kind = services.kind_of(choice.model)
    ignorant = ", ".join(views.of_model(choice.model).controls)
    st.markdown(
        escape(
            "If the map shows what the model goes by, the class is lost sooner when its "
            f"{kind.site}s are removed, and found sooner when they return, than with maps that "
            f"know nothing of the model: {ignorant}."
        )
    )
    held = session_jobs().ask(services.evidence_request(shown, choice, _quick(choice)), patience=0)
    if isinstance(held.result, EvidenceCard):
        _card(shown, choice, held.result)
    elif held.state == "waiting":
        st.skeleton(height=figures.HEIGHT + 60)
        progress.waiting([Pending(held.key, "Evidence")], place="evidence")
    else:
        progress.ended_badly(held, "The examination")


def _model(choice: Choice) -> ModelCard:
    return services.model(choice.model)


def _quick(choice: Choice) -> tuple[str, ...]:
    """Return what is measured unasked: of slow methods nothing that computes their map again."""
    slow, own = services.method(choice.method).slow, services.metrics_for(_model(choice))
    return tuple(
        id
        for id, card in own.items()
        if card.quick and not card.needs_mask and not (slow and card.recomputes)
    )


def _card(shown: OpenedSource, choice: Choice, card: EvidenceCard) -> None:
    chosen = _chosen(choice, card)
    further = None
    if chosen:
        further = session_jobs().ask(services.evidence_request(shown, choice, chosen), patience=0)
    # Both are slow work for one worker: what was asked for goes before what is looked up unasked.
    sanity = sanity_part.sanity_state(
        choice, later=further is not None and further.state == "waiting"
    )
    _chips(card, sanity)
    _draw_curves(card)
    marked = "mask" in views.of_model(choice.model).serves
    on_object = mask.on_the_object(opened_picture(shown), choice) if marked else None
    with st.expander("What the verdicts rest on", icon=":material/rule:", key="verdicts"):
        st.markdown("\n\n".join(verdicts.details(check) for check in _checks(card)))
        sanity_part.details(choice, sanity)
    _more(card, chosen, further)
    kind = services.kind_of(choice.model)
    if marked:
        mask.fold(opened_picture(shown), choice, on_object)
    else:
        st.caption(
            f"Whether the map lies on the object is measured where one can be marked: on pictures, "
            f"not on {escape(kind.source)}s."
        )
    st.caption(
        "**What it can't show:** whether the model is right, or right for good reasons, or whether "
        f"the map lies on the object. {escape(kind.source.capitalize())}s with "
        f"{escape(kind.site)}s removed are unlike those the model has learned from."
    )
    _take_along(card)


# ---- verdicts and curves


def _checks(card: EvidenceCard) -> list[Check]:
    """Return the checks, in the words of what the model takes."""
    kind = services.kind_of(card.model)
    return [
        replace(c, words=said_of(c.words, kind), protocol=said_of(c.protocol, kind))
        for c in card.checks
    ]


def _chips(card: EvidenceCard, sanity: SanityState) -> None:
    with st.container(horizontal=True, gap="xsmall", key="checks"):
        for check in _checks(card):
            verdicts.chip(check)
        sanity_part.chip(sanity)


def _draw_curves(card: EvidenceCard) -> None:
    if not card.curves:
        reasons = {s.reason for s in card.scores if s.metric in _CURVES and s.reason}
        st.markdown(escape(f"There are no curves: {'; '.join(sorted(reasons))}."))
        return
    kind = services.kind_of(card.model)
    places = st.columns(len(_CURVES))
    for place, metric in zip(places, _CURVES):
        curves = [curve for curve in card.curves if curve.metric == metric]
        with place:
            _draw_curve(card, metric, curves, kind)
    st.caption(
        f"The class's probability while {escape(kind.site)}s change. Coloured: this map. Grey "
        "band: maps that know nothing of the model, lowest to highest; thin lines: the mean of "
        "each kind."
    )


def _draw_curve(
    card: EvidenceCard, metric: str, curves: list[Curve], kind: ModalityCard
) -> None:  # fmt: skip
    about = services.metric(metric)
    areas = {curve.source: number(curve.auc) for curve in curves}
    mode = current_mode()
    figure = _charts.get_or(
        (card.key, metric, mode), lambda: figures.curves(curves, kind, mode=mode)
    )
    st.markdown(
        f"**{escape(about.name)} {areas.get('map', 'not defined')}**",
        help=glossary.explain(metric),
    )
    against = ", ".join(f"{kind.families[s]} {a}" for s, a in areas.items() if s != "map")
    chart(
        figure,
        key=f"curve/{metric}",
        alt=f"{about.name} curve. Area: this map {areas.get('map')}, {against}.",
    )
    st.caption(escape(f"{better(about.higher_is_better)} · {against}"))


# ---- further metrics


def _on_demand(card: EvidenceCard) -> dict[str, str]:
    """Return the names of metrics that the card does not hold already."""
    measured = {score.metric for score in card.scores}
    return {
        id: about.name
        for id, about in services.metrics_for(services.model(card.model)).items()
        if id not in measured and not about.needs_mask
    }


def _chosen(choice: Choice, card: EvidenceCard) -> tuple[str, ...]:
    return tuple(id for id in choice.metrics if id in _on_demand(card))


def _more(card: EvidenceCard, chosen: tuple[str, ...], held: Answer | None) -> None:
    names = _on_demand(card)
    label = "More metrics" + (f" ({len(chosen)} chosen)" if chosen else "")
    with st.expander(label, icon=":material/straighten:", key="more metrics"):
        st.multiselect(
            "Measure as well",
            list(names),
            format_func=names.__getitem__,
            placeholder="Choose metrics",
            help="Measured when you choose it. Those that compute the map again take longest.",
            **state.bind("metrics", "metrics", list(chosen)),
        )
        if held is not None:
            _measured(held)
        st.markdown(verdicts.score_lines(card.scores, card.model))


def _measured(held: Answer) -> None:
    if isinstance(held.result, EvidenceCard):
        st.markdown(verdicts.score_lines(held.result.scores, held.result.model))
    else:
        progress.unfinished(held, "More metrics", place="metrics", ended="Measuring")


def _take_along(card: EvidenceCard) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="evidence-end"):
        download(
            "Evidence (json)",
            partial(services.evidence_json, card),
            f"{card.method}.evidence.json",
            key="download/evidence",
        )
        st.caption(
            f"{card.passes:.0f} passes · {duration(card.seconds)} · seed {card.seed}",
            width="content",
        )
