"""The section One picture: drag ε, and prediction, map and evidence change together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from core.contracts import ExplanationDrift, Norm, Picture, opened_picture
from dashboard import services
from dashboard.app_pages.picture.frame import unserved
from dashboard.app_pages.robustness import attacked_picture, page_choice
from dashboard.app_pages.robustness.page_choice import RobustnessChoice
from dashboard.app_pages.robustness.source import AttackedData
from dashboard.formatting import duration, escape
from dashboard.robustness_text import NORMS
from dashboard.session_jobs import session_jobs
from dashboard.views import registry as views
from dashboard.widgets import progress
from dashboard.widgets.epsilon_slider import epsilon_slider

__all__ = ["picture_section"]


def picture_section(trial: RobustnessChoice, attacked: AttackedData) -> None:
    """Draw the section."""
    st.subheader("One picture", anchor=False)
    st.markdown(
        "Let an attack change the picture a little more with every step. What gives way first: the "
        "answer, or the map that explains it?"
    )
    if "film" not in views.of_model(attacked.model).serves:
        unserved(attacked.model, "One source is followed where its change can be shown: a picture.")
        return
    source = attacked_picture.chosen(trial, attacked)
    if source is None:
        return
    picture = opened_picture(source)
    attack, method = _controls(trial, attacked)
    _without_gradients(attacked)
    request = services.explanation_drift_request(
        picture, model=attacked.model, attack=attack, norm=_norm(trial, attacked),
        method=method, seed=attacked.seed,
    )  # fmt: skip
    answer = session_jobs().ask(request)
    name = f"{services.attacks()[attack].name}: {services.method(method).name}"
    if isinstance(answer.result, ExplanationDrift):
        _draw(answer.result, trial, picture)
    else:
        progress.unfinished(answer, name, place="one picture", height=420)
    progress.notes(answer)


# ---- what is asked


def _norm(trial: RobustnessChoice, attacked: AttackedData) -> Norm:
    """Return the norm asked for, or the first for which the model can serve an attack."""
    able = [norm for norm in NORMS if services.single_attacks(attacked.model, norm)]
    return trial.norm if trial.norm in able else able[0]


def _controls(trial: RobustnessChoice, attacked: AttackedData) -> tuple[str, str]:
    """Draw the choice of attack, norm and map; return attack and method."""
    norm = _norm(trial, attacked)
    offered = services.single_attacks(attacked.model, norm)
    methods = services.single_methods(attacked.model)
    attack = trial.single if trial.single in offered else next(iter(offered))
    method = trial.method if trial.method in methods else next(iter(methods))
    for asked, known, what in (
        (trial.single, offered, "attack"), (trial.method, methods, "method"),
    ):  # fmt: skip
        if asked and asked not in known:
            st.warning(
                f"The {what} {escape(asked)} does not fit this model and norm.",
                icon=":material/link_off:",
            )
    norms = [n for n in NORMS if services.single_attacks(attacked.model, n)]
    first, second, third = st.columns([1.2, 0.8, 1.2])
    with first:
        names = {id: card.name for id, card in offered.items()}
        _select("single", "Attack", list(offered), attack, names, offered[attack].summary)
    with second:
        names = {str(n): NORMS[n][0] for n in norms}
        _select("norm", "Measured by", norms, norm, names, f"ε is {NORMS[norm][1]}.")
    with third:
        names = {id: card.name for id, card in methods.items()}
        _select("method", "Map", list(methods), method, names, methods[method].summary)
    return attack, method


def _select(
    name: str, title: str, options: Sequence[str], value: str, labels: Mapping[str, str], about: str
) -> None:
    st.selectbox(
        title, options, help=escape(about), format_func=lambda id: labels[id],
        **page_choice.bind(f"one picture {name}", name, value, step=0),
    )  # fmt: skip


def _without_gradients(attacked: AttackedData) -> None:
    card = services.model(attacked.model)
    if card.gradients:
        return
    twin = f" {escape(services.models()[card.twin].name)}, which it was made of, has them." if (
        card.twin in services.models()) else ""  # fmt: skip
    st.info(
        "This model has no gradients (forward passes only): attacks that need none are offered, "
        f"and so are maps. They are weaker, so it looks more robust than it is.{twin}",
        icon=":material/block:",
    )


# ---- the result


def _draw(result: ExplanationDrift, trial: RobustnessChoice, picture: Picture) -> None:
    st.markdown(f"**{escape(result.words)}**")
    start = trial.step or (result.flip or 0)
    epsilon_slider(
        result, step=start, key="one picture film",
        on_step=lambda step: page_choice.change(step=step),
    )  # fmt: skip
    card = services.attacks()[result.attack]
    st.markdown(
        "At each ε you see the worst that the attack has found up to there. All maps explain "
        f"{escape(result.target.label)}, each on its own scale, which the legend says; likeness is "
        "that to the map at ε = 0. **What it can't show:** "
        f"{escape(card.limits)} One picture is one picture: see Curves for many. Where the "
        "probability of the explained class is near 0, deletion and insertion are near 0 for any "
        "map: the evidence is gone, and nothing is left to point at."
    )
    where = f"{services.method(result.method).name} for {result.target.label}"
    attack = f"{card.name} against {result.predicted.label}"
    st.caption(
        escape(
            f"{attack} · {where} · seed {result.seed} · {duration(result.seconds)} on "
            f"{result.device} · pictures are shown in 8 bits; the model saw the exact values"
        )
    )
    with st.expander("How the evidence is measured", icon=":material/rule:"):
        st.markdown(escape(result.protocol))
    with st.expander("Take along, or repeat on the command line", icon=":material/terminal:"):
        st.download_button(
            "Figures (json)", lambda: services.explanation_drift_json(result),
            "explanation-drift.json", "application/json", icon=":material/download:",
            key="one picture json", on_click="ignore",
        )  # fmt: skip
        st.download_button(
            "This picture (png)", lambda: services.pixels_png(picture.pixels), "picture.png",
            "image/png", icon=":material/image:", key="one picture png", on_click="ignore",
        )  # fmt: skip
        st.code(result.command, language="bash", wrap_lines=True)
