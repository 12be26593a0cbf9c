"""Reference: what the methods show and cannot show, which models there are, what the terms mean."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from core.contracts import ExplainerCard, MethodCard, MetricCard, ModelCard, Parameter, count_text
from dashboard import glossary, services
from dashboard.app_pages.calibration import page as calibration
from dashboard.formatting import better, code, escape
from dashboard.guard import guarded

__all__ = ["page"]

_READABLE_PX = 860


def page() -> None:
    """Draw the page."""
    with guarded(), st.container(width=_READABLE_PX):
        st.title("Reference", anchor=False)
        st.markdown(
            "What each method and each metric shows and what it can't, which models there are, and "
            "the terms."
        )
        if st.button("How often are the verdicts right?", icon=":material/fact_check:"):
            st.switch_page(
                st.Page(calibration.page, title="How often right?", url_path="calibration")
            )
        wanted = st.text_input(
            "Search",
            key="reference search",
            placeholder="Search methods, metrics, models and terms",
            label_visibility="collapsed",
            icon=":material/search:",
        )
        sections = {
            "Methods": [_method(card) for card in services.methods().values()],
            "SHAP": [_explainer(card) for card in services.explainers().values()],
            "Metrics": [_metric(card) for card in services.metrics().values()],
            "Models": [_model(card) for card in services.models().values()],
            "Terms": [_term(*entry) for entry in glossary.TERMS.items()],
        }
        found = [_section(title, entries, wanted) for title, entries in sections.items()]
        if not any(found):
            st.info(f"Nothing here mentions “{escape(wanted)}”. Try a shorter word.")


def _section(title: str, entries: Sequence[str], wanted: str) -> bool:
    """Draw the entries that mention what is searched for; tell whether there were any."""
    needle = escape(wanted.strip()).casefold()
    found = [entry for entry in entries if needle in entry.casefold()]
    if found:
        st.header(title, anchor=False)
        st.markdown("\n\n".join(found))
    return bool(found)


def _method(card: MethodCard) -> str:
    tags = [
        "signed" if card.signed else "unsigned",
        "reads a layer" if card.uses_layer else "reads the pixels",
        "uses gradients" if card.needs_gradients else "no gradients",
        *(["slow"] if card.slow else []),
    ]
    return _entry(card, tags, card.parameters)


def _explainer(card: ExplainerCard) -> str:
    tags = [
        "uses gradients" if card.needs_gradients else "no gradients",
        "compares with background pictures" if card.needs_background else "hides parts",
    ]
    return _entry(card, tags, card.parameters)


def _entry(
    card: MethodCard | ExplainerCard | MetricCard, tags: Sequence[str],
    parameters: Sequence[Parameter] = (),
) -> str:  # fmt: skip
    lines = [
        f"**{escape(card.name)}** · {code(card.id)} · {', '.join(tags)}",
        f"{escape(card.summary)} *What it can't show:* {escape(card.limits)}",
        *map(_parameter, parameters),
        f":gray[{escape(card.paper)}]",
    ]
    return "  \n".join(lines)


def _parameter(spec: Parameter) -> str:
    default = escape(str(spec.default))
    return f"{code(spec.name)} {escape(spec.help)}: {escape(spec.expected)}, default {default}."


def _metric(card: MetricCard) -> str:
    tags = [
        better(card.higher_is_better),
        *(["needs a mask"] if card.needs_mask else []),
        *(["computes the map again"] if card.recomputes else []),
    ]
    return _entry(card, tags)


def _model(card: ModelCard) -> str:
    where = (
        "weights installed, works offline" if card.offline else "weights downloaded at first use"
    )
    facts = (
        f"{card.parameters / 1e6:.1f} M weights · {card.size_text} · "
        f"{count_text(card.classes, 'class')} · layer {card.feature_layer} · {where}"
    )
    lines = [
        f"**{escape(card.name)}** · {code(card.id)}",
        escape(card.summary),
        escape(facts),
        f":gray[{escape(card.paper)} · {escape(card.licence)}]",
    ]
    return "  \n".join(lines)


def _term(name: str, meaning: str) -> str:
    return f"**{escape(name.capitalize())}** {escape(meaning)}"
