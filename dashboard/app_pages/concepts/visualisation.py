"""What does this class look like: a picture made to excite it, by activation maximisation."""

from __future__ import annotations

import streamlit as st

from core.contracts import Picture, Prediction, Visualisation, count_text
from dashboard import glossary, services
from dashboard.app_pages.concepts import controls as controls_part
from dashboard.app_pages.concepts import page_choice
from dashboard.app_pages.concepts.page_choice import SEEDS, STEPS, ConceptsChoice
from dashboard.formatting import duration, escape, number, percent
from dashboard.session_jobs import session_jobs
from dashboard.state import Choice
from dashboard.widgets import progress

__all__ = ["section"]

_SIDE = 448


def section(
    shown: Picture, choice: Choice, study: ConceptsChoice, prediction: Prediction | None
) -> None:
    """Draw the controls and, once it was asked for, the picture."""
    card = services.model(choice.model)
    controls, place = st.columns([1, 1.2], gap="large")
    with controls:
        st.subheader(
            "What does this class look like", anchor=False,
            help=glossary.explain("activation maximisation"),
        )  # fmt: skip
        st.markdown(
            "A picture that the model itself is steered to: noise, changed step by step until the "
            "class's logit is high. **What it can't show:** a typical picture of the class, or "
            "everything that the model knows of it. Look for textures and parts that recur with "
            "other seeds."
        )
        if not card.gradients:
            st.info(
                f"Not offered for {escape(card.name)}: it has no gradients, and the picture is "
                "grown along them. Choose another model in the sidebar.",
                icon=":material/block:",
            )
            return
        target = controls_part.class_box(choice, study, prediction)
        with st.expander("Steps and seed", icon=":material/tune:", key="study/look/more"):
            _controls(study)
        controls_part.run_button("Make the picture", study, target)
    with place:
        if "look" in study.asked and target is not None:
            _answer(choice, study, target)
        else:
            st.info(
                "No picture yet. Choose a class and make one: it takes a minute or two.",
                icon=":material/brush:",
            )


def _controls(study: ConceptsChoice) -> None:
    st.slider(
        "Steps", *STEPS, step=32, help="More steps, a higher logit and a clearer picture.",
        **page_choice.bind("study/steps", "steps", study.steps),
    )  # fmt: skip
    st.number_input(
        "Seed", *SEEDS, help="Another seed, another picture of the same class.",
        **page_choice.bind("study/seed", "seed", study.seed),
    )  # fmt: skip


def _answer(choice: Choice, study: ConceptsChoice, target: int) -> None:
    request = services.visualise_request(
        target=target, model=choice.model, steps=study.steps, seed=study.seed
    )
    answer = session_jobs().ask(request)
    if isinstance(answer.result, Visualisation):
        _draw(answer.result)
    else:
        progress.unfinished(answer, "Activation maximisation", place="look", height=_SIDE)
    progress.notes(answer)


def _draw(made: Visualisation) -> None:
    st.image(services.pixels_uri(made.picture), width=_SIDE)
    name = escape(made.target.label)
    st.markdown(
        f"**Made for {name}:** logit {escape(number(made.start_logit))} → "
        f"{escape(number(made.logit))}, probability {escape(percent(made.probability))}. "
        "This is not a typical picture of the class."
    )
    words = (
        f"tf-keras-vis, total variation, shifts and turns · {count_text(made.steps, 'step')} · "
        f"seed {made.seed} · {duration(made.seconds)} on {made.device}"
    )
    st.caption(escape(words))
    with st.popover("Take along", icon=":material/download:"):
        st.download_button(
            "Picture (png)", services.pixels_png(made.picture), mime="image/png",
            file_name=f"class-{made.target.index}.seed{made.seed}.png",
            on_click="ignore", type="tertiary", icon=":material/download:",
        )  # fmt: skip
        st.caption("This command makes the same picture again:")
        st.code(made.command, language="bash", wrap_lines=True)
