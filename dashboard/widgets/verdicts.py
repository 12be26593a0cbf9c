"""Verdicts as symbol, word and colour; scores with interval, protocol, or the reason for none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import streamlit as st

from core.contracts import Check, ModalityCard, Score, Verdict
from dashboard import services
from dashboard.formatting import better, escape, number, said_of

__all__ = ["SYMBOLS", "chip", "details", "score_lines"]

SYMBOLS: dict[Verdict, str] = {"pass": "✓", "unclear": "△", "fail": "✗", "unknown": "○"}
_Colour = Literal["green", "orange", "red", "gray"]
_COLOURS: dict[Verdict, _Colour] = {
    "pass": "green", "unclear": "orange", "fail": "red", "unknown": "gray",
}  # fmt: skip
_LABELS: dict[str, dict[Verdict, str]] = {
    "beats_controls": {
        "pass": "beats controls", "unclear": "controls unclear",
        "fail": "no better than controls", "unknown": "controls",
    },
    "sanity": {
        "pass": "sanity", "unclear": "sanity unclear", "fail": "fails sanity",
        "unknown": "sanity unknown",
    },
}  # fmt: skip


def chip(check: Check, *, label: str | None = None) -> None:
    """Draw a verdict; its words, threshold and protocol appear on hover."""
    shown = f"{SYMBOLS[check.verdict]} {label or _label(check)}"
    st.badge(escape(shown), color=_COLOURS[check.verdict], help=details(check))


def details(check: Check) -> str:
    """Return a verdict with its words, figures and protocol, as Markdown."""
    figures = [
        f"{name} {number(value)}"
        for name, value in (("value", check.value), ("threshold", check.threshold))
        if value is not None
    ]
    lines = [
        f"**{SYMBOLS[check.verdict]} {escape(_label(check))}** {escape(check.words)}",
        escape(", ".join(figures).capitalize()),
        f":gray[{escape(check.protocol)}]" if check.protocol else "",
    ]
    return "  \n".join(line for line in lines if line)


def _label(check: Check) -> str:
    if check.id in _LABELS:
        return _LABELS[check.id][check.verdict]
    name = check.id.replace("_", " ")
    return f"{name} unknown" if check.value is None else f"{name} {number(check.value)}"


def score_lines(scores: Sequence[Score], model: str) -> str:
    """Return scores of a model's map with what is needed to read them, as Markdown."""
    kind = services.kind_of(model)
    return "\n\n".join(_score(score, kind) for score in scores)


def _score(score: Score, kind: ModalityCard) -> str:
    card = services.metric(score.metric)
    value = f"not defined, because {score.reason}" if score.value is None else _value(score)
    lines = [
        f"**{escape(card.name)}** {escape(value)}",
        f"{escape(said_of(card.summary, kind))} *What it can't show:* "
        f"{escape(said_of(card.limits, kind))}",
        f":gray[{escape(said_of(score.protocol, kind))}]",
    ]
    return "  \n".join(lines)


def _value(score: Score) -> str:
    text = "" if score.value is None else number(score.value)
    if score.low is not None and score.high is not None:
        text += f" (95 % interval {number(score.low)} to {number(score.high)})"
    return f"{text} · {better(score.higher_is_better)}"
