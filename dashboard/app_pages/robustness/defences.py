"""The section Defences: several models, the same pictures, the same attacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.contracts import Robustness
from dashboard import glossary, services
from dashboard.app_pages.robustness import options, page_choice
from dashboard.app_pages.robustness.page_choice import RobustnessChoice
from dashboard.app_pages.robustness.source import AttackedData
from dashboard.figures.robust_curves import Line, robust_curves, spoken
from dashboard.formatting import escape, interval, percent
from dashboard.model_text import model_labels, model_name
from dashboard.robustness_text import (
    TRUST,
    WORST_CASE,
    curve_of,
    distance_text,
    format_eps,
)
from dashboard.run_text import points
from dashboard.services import Defence
from dashboard.session_jobs import Answer, session_jobs
from dashboard.theme import current_mode
from dashboard.widgets import progress
from dashboard.widgets.chart import chart
from dashboard.widgets.progress import Pending
from dashboard.widgets.side_table import Row, side_table

__all__ = ["defences_section"]

_MOST = 4
_PROPOSED = 3


def defences_section(trial: RobustnessChoice, attacked: AttackedData) -> None:
    """Draw the section."""
    st.subheader("Which defence holds?", anchor=False, help=glossary.explain("defence"))
    st.markdown(
        "The same pictures and the same attacks for each model: what adversarial training buys, "
        "and what making a model smaller costs. Everything is held against the first one."
    )
    known = _rivals(attacked)
    models = _chosen(trial, attacked, known)
    if len(models) < 2:
        st.info(
            "Choose at least two models that know these classes. Under Models, one can be trained "
            "adversarially or made smaller.",
            icon=":material/compare_arrows:",
        )
        return
    attacks = _attacks(trial, models)
    requests = {
        model: services.robustness_request(attacked.data, _options(attacked, trial, model, attacks))
        for model in models
    }
    done = options.words(next(iter(requests.values())))
    st.caption(escape(f"{done} Others are chosen under Curves, Options."))
    session_jobs().supersede("defences", *(request.key for request in requests.values()))
    answers = {model: session_jobs().ask(request, hold=True) for model, request in requests.items()}
    found = {m: a.result for m, a in answers.items() if isinstance(a.result, Robustness)}
    waiting = [
        Pending(requests[m].key, model_name(m)) for m, a in answers.items() if a.state == "waiting"
    ]
    progress.waiting(waiting, place="defences")
    if found:
        _curves(found)
        _table(found)
    elif waiting:
        st.skeleton(height=420)
    _ended(answers)
    if len(found) == len(models):
        _pairs(found)
        st.markdown(
            "**What it can't show:** that a defence holds against attacks made for it. A model "
            "that hides its gradients wins here and loses elsewhere: look at its checks under "
            "Curves first."
        )


# ---- what is compared


def _rivals(attacked: AttackedData) -> tuple[str, ...]:
    """Return the other models that know the classes of these pictures: twins, then shipped."""
    cards = services.models()
    of_pictures = attacked.data.dataset
    found = [
        id
        for id in services.attackable_models()
        if id != attacked.model and of_pictures in services.attackable_data(id).values()
    ]
    return tuple(sorted(found, key=lambda id: cards[id].twin == attacked.model, reverse=True))


def _chosen(trial: RobustnessChoice, attacked: AttackedData, known: Sequence[str]) -> list[str]:
    cards, labels = services.models(), model_labels(zone=st.context.timezone)
    proposed = [id for id in known if cards[id].gradients and cards[id].offline]
    asked = [id for id in trial.compared if id in known]
    key = "robustness compared"
    st.multiselect(
        f"{escape(labels.get(attacked.model, attacked.model))} against", known,
        max_selections=_MOST - 1, format_func=lambda id: labels.get(id, id),
        **page_choice.bind(
            key, "compared", (asked or proposed)[: _MOST - 1 if asked else _PROPOSED - 1]
        ),
    )  # fmt: skip
    return [attacked.model, *st.session_state[key]]


def _attacks(trial: RobustnessChoice, models: Sequence[str]) -> tuple[str, ...] | None:
    """Return attacks that every model can serve; ``None`` for the default set."""
    blind = [id for id in models if not services.models()[id].gradients]
    if not blind:
        return trial.attacks or None
    able = set(options.offered(trial, blind[0]))
    st.warning(
        f"△ {escape(', '.join(model_name(id) for id in blind))} gives no gradients, so all are "
        "attacked without any. Such attacks are weaker: the curves compare the models, and are "
        "far too good for each.",
        icon=":material/key_off:",
    )
    return tuple(id for id in trial.attacks if id in able) or tuple(
        id for id in ("square", "uniform_noise") if id in able
    )


def _options(
    attacked: AttackedData, trial: RobustnessChoice, model: str, attacks: tuple[str, ...] | None
) -> dict[str, Any]:
    return {
        **attacked.options(),
        "model": model,
        "by": None,
        "attacks": attacks,
        "norm": trial.norm,
        "eps": trial.eps,
        "checks": trial.checks,
    }


def _ended(answers: Mapping[str, Answer]) -> None:
    for model, answer in answers.items():
        if answer.state in ("failed", "stopped"):
            progress.ended_badly(answer, model_name(model))
        progress.notes(answer)


# ---- what was found


def _curves(found: Mapping[str, Robustness]) -> None:
    worst = {m: c for m, r in found.items() if (c := curve_of(r.worst_case, WORST_CASE))}
    lines = [
        Line(_marked(found[model]), curve, "main" if i == 0 else "other")
        for i, (model, curve) in enumerate(worst.items())
    ]
    chart(
        robust_curves(lines, norm=next(iter(found.values())).norm, mode=current_mode()),
        key="defences",
        alt="Worst case of each model. " + "; ".join(spoken(line) for line in lines),
    )


def _marked(found: Robustness) -> str:
    name = model_name(found.model)
    symbol, _, doubt = TRUST[found.trust][0].partition(" ")
    return f"{symbol} {name} ({doubt})" if doubt else name


def _table(found: Mapping[str, Robustness]) -> None:
    curves = [curve_of(r.worst_case, WORST_CASE) for r in found.values()]
    worst = [curve for curve in curves if curve is not None]
    norm = worst[0].norm
    clean = [c.points[0] for c in worst]
    common = min((c.points[-1].eps for c in worst), default=0.0)
    side_table(
        [model_name(model) for model in found],
        [
            Row("Median distance", [distance_text(c.median_distance, norm) for c in worst],
                ["of pictures it has right"] * len(worst), strong=True),
            Row("Mean distance", [distance_text(c.mean_distance, norm) for c in worst]),
            Row(f"Area up to {format_eps(common, norm)}",
                [percent(services.worst_area(r, common)) for r in found.values()]),
            Row("Right unharmed", [percent(p.accuracy) for p in clean],
                [f"95 %: {interval(p.low, p.high)}" for p in clean]),
            Row("Checks", [r.verdict for r in found.values()]),
        ],
    )  # fmt: skip


def _pairs(found: Mapping[str, Robustness]) -> None:
    first, *others = found.values()
    for other in others:
        st.markdown(escape(_words(services.defence(first, other))))
    st.markdown("The same on the command line:")
    commands = (services.public(each).command for each in found.values())
    st.code("\n".join(commands), language=None, wrap_lines=True)


def _words(held: Defence) -> str:
    """Return where a model differs from the first one, and whether by chance."""
    widest = max(held.points, key=lambda p: (p.beyond_chance, abs(p.second - p.first)))
    real = [format_eps(p.eps, held.norm) for p in held.points if p.beyond_chance]
    change = widest.second - widest.first
    name, first = model_name(held.second), model_name(held.first)
    if not real:
        return f"○ {name}: no difference from {first} beyond chance at any ε (McNemar, Holm)."
    mark = "✓" if change > 0 else "✗"
    return (
        f"{mark} {name}: {points(abs(change))} points {'more' if change > 0 else 'fewer'} right "
        f"at ε = {format_eps(widest.eps, held.norm)} "
        f"({percent(widest.second)} against {percent(widest.first)}; keeps {widest.gained} that "
        f"{first} loses, loses {widest.lost} that it keeps). Beyond chance at ε = "
        f"{', '.join(real)} (McNemar, Holm over ε)."
    )
