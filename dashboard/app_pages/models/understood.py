"""What was understood of a model's file: the facts, a picture it was tried on, the checks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape as html_escape

import streamlit as st

from core.contracts import (
    ClassScore,
    ModelFacts,
    ModelLook,
    PreprocessingTrial,
    TriedPicture,
    count_text,
)
from dashboard import services
from dashboard.formatting import error_text, escape, interval, percent
from dashboard.services import Stated

__all__ = ["draw", "statements"]

_RANGES = {
    "auto": "not stated", "0-1": "0 to 1", "0-255": "0 to 255", "-1-1": "−1 to 1",
    "imagenet": "ImageNet mean and deviation", "caffe": "Caffe: BGR less its mean",
}  # fmt: skip
_ORDERS = {"": "not stated", "rgb": "red, green, blue", "bgr": "blue, green, red"}
_KINDS = {
    "": "not stated", "logits": "logits", "probabilities": "softmax: one class of many",
    "sigmoid": "sigmoids: yes or no for each class", "binary": "one sigmoid: two classes",
    "values": "values (a regression)",
}  # fmt: skip
_SHOWN_TRIALS, _TINY = 6, 128


def draw(look: ModelLook, *, again: Callable[[Stated], None], keep: Callable[[str], None]) -> None:
    """Draw what was found.

    Parameters
    ----------
    look : ModelLook
    again : callable
        Looks once more, with what is stated.
    keep : callable
        Takes the model in under a name.
    """
    facts = look.facts
    doubts = sum(not check.ok for check in facts.checks)
    st.subheader(_headline(facts), anchor=False)
    mark = f"△ {count_text(doubts, 'thing')} to check" if doubts else "✓ nothing left open"
    st.markdown(f"**{mark}**")
    left, right = st.columns([1.25, 1], gap="large")
    with left:
        _checks(facts)
        if facts.preprocessing:
            _trials(facts.preprocessing)
    with right:
        if look.tried is not None:
            _tried(look.tried)
    statements(facts, again=again)
    _save(facts, keep)


def _headline(facts: ModelFacts) -> str:
    if facts.kind == "values":
        gives = count_text(len(facts.classes), "value")
    else:
        gives = count_text(len(facts.classes), "class")
    size = f"{facts.height} × {facts.width} × {facts.channels}"
    return escape(f"{facts.name}: {gives} of pictures {size}")


def _checks(facts: ModelFacts) -> None:
    rows = [
        ("Input", f"{facts.height} × {facts.width}, {_channels(facts)}"),
        ("Pixels", f"{_RANGES.get(facts.range, facts.range)}, {facts.order.upper()}"),
        ("Ends in", _KINDS[facts.kind]),
        ("Classes", _names(facts)),
        ("Can give", _abilities(facts)),
        ("Maps read", ", ".join(facts.layers) or "no layer: maps by covering parts"),
        ("Weights", f"{facts.n_parameters:,}"),
    ]
    body = "".join(
        f"<tr><th>{html_escape(name)}</th><td>{html_escape(value)}</td></tr>"
        for name, value in rows
    )
    st.html(f'<table class="pl-facts"><tbody>{body}</tbody></table>')
    for check in facts.checks:
        st.markdown(f"{'✓' if check.ok else '△'} {escape(error_text(check.note))}")


def _channels(facts: ModelFacts) -> str:
    return {1: "grey", 2: "grey and opacity", 3: "colour", 4: "colour and opacity"}[facts.channels]


def _names(facts: ModelFacts) -> str:
    shown = ", ".join(facts.classes[:6]) + (", …" if len(facts.classes) > 6 else "")
    return shown if facts.named else f"{shown} (numbered: the file does not name them)"


def _abilities(facts: ModelFacts) -> str:
    said = ["answers"]
    said += ["gradients"] if facts.gradients else []
    said += ["feature maps"] if facts.features else []
    said += ["attention"] if facts.attention else []
    missing = [] if facts.gradients else ["no gradients"]
    return ", ".join(said + missing)


def _trials(trials: Sequence[PreprocessingTrial]) -> None:
    st.markdown("**How pictures are prepared: the first was chosen on one half of yours**")
    rows = []
    for i, trial in enumerate(trials[:_SHOWN_TRIALS]):
        name = f"{_RANGES[trial.range]} · {trial.order.upper()} · {trial.geometry}"
        bar = f'<i style="width:{100 * trial.accuracy:.1f}%"></i>'
        told = f"{percent(trial.accuracy)} ({interval(trial.low, trial.high)})"
        mark = "▸ " if i == 0 else ""
        rows.append(
            f'<span>{mark}{html_escape(name)}</span>{bar}<span class="n">{html_escape(told)}</span>'
        )
    st.html(f'<div class="pl-shares">{"".join(rows)}</div>')
    st.caption(
        f"Right on {trials[0].n} labelled pictures of the other half, with Wilson's 95 % interval; "
        f"the best {min(_SHOWN_TRIALS, len(trials))} of {len(trials)} ways."
    )


def _tried(tried: TriedPicture) -> None:
    plain, over = services.tried_uris(tried)
    best = tried.scores[0]
    words = f"{best.label}, {best.shown.strip()}" if isinstance(best, ClassScore) else best.shown
    truth = f" · truly {tried.truth}" if tried.truth else ""
    st.markdown(f"**{escape(words)}**{escape(truth)}")
    method = services.methods()[tried.method].name
    alt = f"{tried.name} as the model sees it"
    small = " small" if max(tried.pixels.shape[:2]) <= _TINY else ""
    st.html(
        f'<div class="pl-tried{small}"><img src="{plain}" alt="{html_escape(alt)}">'
        f'<img src="{over}" alt="{html_escape(f"{alt}, under its {method} map")}"></div>'
    )
    if isinstance(best, ClassScore):
        rows = "".join(
            f"<span>{html_escape(score.label)}</span>"
            f'<i style="width:{100 * score.probability:.1f}%"></i>'
            f'<span class="n">{html_escape(score.shown.strip())}</span>'
            for score in tried.scores
            if isinstance(score, ClassScore)
        )
        st.html(f'<div class="pl-shares">{rows}</div>')
    st.caption(
        f"{escape(tried.name)} and its {escape(method)} map of {escape(best.label)}. One picture "
        "shows that the model runs, and not that the map is right: Evidence tells that."
    )


def statements(facts: ModelFacts | None, *, again: Callable[[Stated], None]) -> None:
    """Draw what the owner may state; what is stated leads to another look.

    Parameters
    ----------
    facts : ModelFacts or None
        What was understood; ``None`` where the file was refused.
    again : callable
    """
    with (
        st.expander("Not right? State it yourself", expanded=facts is None, icon=":material/edit:"),
        st.form("bring statements", border=False),
    ):
        first, second = st.columns(2, gap="large")
        named = "\n".join(facts.classes) if facts is not None and facts.named else ""
        with first:
            size = st.text_input(
                "Height x width", "" if facts is None else f"{facts.height}x{facts.width}",
                placeholder="224x224", help="For files that take pictures of any size.",
            )  # fmt: skip
            range_ = st.selectbox(
                "Pixels are scaled to", list(_RANGES), format_func=_RANGES.__getitem__,
                index=0 if facts is None else list(_RANGES).index(facts.range),
            )  # fmt: skip
            order = st.selectbox(
                "Order of channels", list(_ORDERS), format_func=_ORDERS.__getitem__,
                index=0 if facts is None else list(_ORDERS).index(facts.order),
            )  # fmt: skip
        with second:
            output = st.text_input(
                "Output", facts.output if facts is not None and len(facts.outputs) > 1 else "",
                help="Its name, where there are several.",
            )  # fmt: skip
            kind = st.selectbox("Ends in", list(_KINDS), format_func=_KINDS.__getitem__)
            classes = st.text_area(
                "Class names, one a line", named, help="In the order of the outputs.", height=104
            )
        if st.form_submit_button("Look again", icon=":material/refresh:", key="bring again"):
            names = tuple(line for line in classes.splitlines() if line.strip())
            again(Stated(size.strip(), range_, order, output.strip(), kind, names))
            st.rerun()


def _save(facts: ModelFacts, keep: Callable[[str], None]) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="bottom", key="bring save"):
        name = st.text_input(
            "Name", facts.name.rpartition(".")[0][:120] or facts.name, max_chars=120,
            key=f"bring name of {facts.file_sha256[:16]}",
        )  # fmt: skip
        if st.button(
            "Save this model", type="primary", key="bring save it", icon=":material/save:",
            disabled=not name.strip(),
        ):  # fmt: skip
            keep(name)
            st.rerun()
