"""What the curves are made with: folded, its values in words."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from core.contracts import NORM_NAMES, AttackCard, RobustnessRequest, count_text
from dashboard import glossary, services
from dashboard.app_pages.robustness import page_choice
from dashboard.app_pages.robustness.page_choice import AUTO, RobustnessChoice
from dashboard.app_pages.robustness.source import AttackedData
from dashboard.formatting import escape, said_of
from dashboard.robustness_text import NORMS, attack_name, format_eps
from dashboard.session import bound

__all__ = ["draw", "offered", "target_of", "targets", "without_gradients", "words"]

_LEAST_LIKELY = "least-likely"
_FIRST = (2, 3, 5, 10)
"""The true class shall not be among so many of the likeliest."""


def offered(trial: RobustnessChoice, model: str) -> dict[str, AttackCard]:
    """Return the attacks that the norm has and the model can serve."""
    attacked = services.models()[model]
    return {
        id: card
        for id, card in services.attacks().items()
        if trial.norm in card.norms and not services.lacking("attacks", id, attacked)
    }


def without_gradients(model: str) -> str:
    """Return what it means for the curves that a model gives no gradients, ``""`` if it does."""
    if services.models()[model].gradients:
        return ""
    return (
        "This model is served as whole numbers and gives no gradients: only attacks that need none "
        "are offered (Square, HopSkipJump, noise). They are weaker, so the curve lies higher than "
        "it would under PGD: never take that for robustness."
    )


def targets(model: str) -> dict[str, str]:
    """Return what attacks may be after, by its text, in words."""
    classes = services.class_names(model)
    named = {f"class:{i}": f"The class {name}" for i, name in enumerate(classes)}
    kind = services.kind_of(model)
    each = said_of("The least likely class of each picture", kind)
    least = {_LEAST_LIKELY: each} if len(classes) > 2 else {}
    first = {f"top-{k}": f"The true class out of the first {k}" for k in _FIRST if k < len(classes)}
    return {"": "Any wrong class"} | least | first | named


def target_of(trial: RobustnessChoice, model: str) -> str:
    """Return what attacks are after; any wrong class where the model has no such class."""
    return trial.target if trial.target in targets(model) else ""


def draw(trial: RobustnessChoice, attacked: AttackedData) -> None:
    """Draw the options."""
    with st.expander("Options", icon=":material/tune:", key="robustness options"):
        _attacks(trial, offered(trial, attacked.model))
        _target(trial, attacked.model)
        left, middle, right = st.columns(3)
        with left:
            _norm(trial)
        with middle:
            _eps(trial)
        with right:
            _seed(trial)
        key = "robustness checks"
        st.toggle(
            "Check the attacks themselves", help=glossary.explain("honesty check"),
            **page_choice.bind(key, "checks", trial.checks),
        )  # fmt: skip


def _attacks(trial: RobustnessChoice, cards: Mapping[str, AttackCard]) -> None:
    st.multiselect(
        "Attacks", list(cards), format_func=lambda id: cards[id].name,
        placeholder="The default set; choose others to search harder", help=_help(cards),
        **page_choice.bind(
            "robustness attacks", "attacks", [id for id in trial.attacks if id in cards], hidden=()
        ),
    )  # fmt: skip


def _target(trial: RobustnessChoice, model: str) -> None:
    known = targets(model)
    st.selectbox(
        "Attacks try to reach", list(known), format_func=lambda text: known[text],
        help="With one class, pictures of all the others are pushed towards it, and a picture "
        "counts as broken when it is taken for that class; with the first five, when the true "
        "class is no longer among them. The attacks are checked where any wrong class will do.",
        **page_choice.bind("robustness target", "target", target_of(trial, model), hidden=()),
    )  # fmt: skip


def _help(cards: Mapping[str, AttackCard]) -> str:
    lines = [f"**{escape(card.name)}** {escape(card.summary)}" for card in cards.values()]
    return "  \n".join([glossary.explain("attack"), *lines])


def _norm(trial: RobustnessChoice) -> None:
    st.selectbox(
        "Norm", NORM_NAMES, help=glossary.explain("norm"),
        format_func=lambda norm: f"{NORMS[norm][0]}: {NORMS[norm][1]}",
        **page_choice.bind(
            "robustness norm", "norm", trial.norm, attacks=(), eps=AUTO, hidden=()
        ),
    )  # fmt: skip


def _eps(trial: RobustnessChoice) -> None:
    st.text_input(
        "ε", max_chars=200, help=glossary.explain("epsilon"), placeholder="auto, or 1/255, 4/255",
        **bound("robustness eps", trial.eps, _typed),
    )  # fmt: skip


def _typed(eps: str) -> None:
    page_choice.change(eps=eps.strip() or AUTO)


def _seed(trial: RobustnessChoice) -> None:
    st.number_input(
        "Seed", 0, page_choice.MOST_SEED, step=1,
        help="Which pictures are drawn, and where attacks begin.",
        **page_choice.bind("robustness seed", "seed", trial.seed),
    )  # fmt: skip


def words(request: RobustnessRequest) -> str:
    """Return what is done, in a sentence. Plain text."""
    kind = services.kind_of(request.model.id).source
    names = ", ".join(attack_name(id) for id in request.attacks)
    steps = ", ".join(format_eps(eps, request.norm) for eps in request.epsilons)
    grid = f"ε = {steps}" if steps else "ε doubling until nothing is left"
    after = targets(request.model.id).get(request.target, request.target)
    push = "pushing" if request.target.startswith("top-") else "towards"
    towards = f" {push} {after[0].lower()}{after[1:]}" if request.target else ""
    return (
        f"{names}{towards} in {NORMS[request.norm][0]}, {grid}, on "
        f"{count_text(request.limit, kind)}."
    )
