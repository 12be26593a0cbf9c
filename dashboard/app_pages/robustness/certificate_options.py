"""How certificates are made: the certifier, and its parameters folded away."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from core.contracts import CertifierCard, Value
from core.errors import ParameterError
from dashboard import services
from dashboard.app_pages.robustness import page_choice
from dashboard.app_pages.robustness.page_choice import CERTIFIED, RobustnessChoice
from dashboard.app_pages.robustness.source import AttackedData
from dashboard.formatting import error_text, escape
from dashboard.robustness_text import NORMS
from dashboard.widgets.parameters import Changed, parameter_widgets

__all__ = ["draw"]


def draw(trial: RobustnessChoice, attacked: AttackedData) -> tuple[CertifierCard, dict[str, Value]]:
    """Draw the options; return the certifier and a value for each of its parameters."""
    cards = services.certifiers_of(attacked.model)
    if trial.certifier and trial.certifier not in cards:
        st.warning(
            f"The certifier {escape(trial.certifier)} is unknown, or reads weights that this "
            "model does not show.",
            icon=":material/link_off:",
        )
    card = cards[trial.certifier if trial.certifier in cards else next(iter(cards))]
    chosen, problems = _chosen(trial, card)
    for problem in problems:
        st.warning(escape(problem), icon=":material/link_off:")
    left, right = st.columns([1.6, 1])
    with left:
        _certifier(cards, card)
    with right:
        _limit(trial)
    st.caption(escape(card.summary))
    label = "Options" + (f" ({len(chosen)} changed)" if chosen else "")
    with st.expander(label, icon=":material/tune:", key="certificate options"):
        if card.parameters:
            parameter_widgets(card, chosen, held=lambda: tuple(chosen.items()), keep=_keep)
        _seed(trial)
    return card, {p.name: chosen.get(p.name, p.default) for p in card.parameters}


def _chosen(trial: RobustnessChoice, card: CertifierCard) -> tuple[dict[str, Value], list[str]]:
    """Return the values that differ from the page's, and what of the address is no value."""
    specs = {spec.name: spec for spec in card.parameters}
    chosen: dict[str, Value] = {}
    problems = []
    for text in trial.certifying:
        name, _, value = text.partition("=")
        if name not in specs:
            problems.append(f"{card.name} has no parameter {name[:40]}.")
            continue
        try:
            chosen[name] = specs[name].parse(value)
        except ParameterError as error:
            problems.append(error_text(error))
    return chosen, problems


def _keep(changed: Changed) -> None:
    page_choice.change(certifying=tuple(f"{n}={v}" for n, v in changed), reach=0)


def _certifier(cards: Mapping[str, CertifierCard], card: CertifierCard) -> None:
    st.selectbox(
        "Proven by", list(cards),
        format_func=lambda id: f"{cards[id].name}, {NORMS[cards[id].norm][0]}",
        help=escape(f"{card.limits} {card.paper}"),
        **page_choice.bind("certifier", "certifier", card.id, certifying=(), reach=0),
    )  # fmt: skip


def _limit(trial: RobustnessChoice) -> None:
    st.selectbox(
        "Pictures certified", CERTIFIED, format_func=lambda n: f"{n} of those taken",
        help="The first so many of the pictures above, which are in random order.",
        **page_choice.bind("certified limit", "certified", trial.certified, reach=0),
    )  # fmt: skip


def _seed(trial: RobustnessChoice) -> None:
    st.number_input(
        "Seed", 0, page_choice.MOST_SEED, step=1,
        help="Which pictures are drawn, and the noise.",
        **page_choice.bind("certificate seed", "seed", trial.seed),
    )  # fmt: skip
