"""Widgets made from parameter specs: a new method or parameter needs no line here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import streamlit as st

from core import numerals
from core.contracts import Parameter, Value, format_eps
from dashboard import state
from dashboard.formatting import escape

__all__ = ["Card", "parameter_widgets", "widget_key"]

Changed = tuple[tuple[str, Value], ...]
"""Values that differ from their defaults, in the order of the specs."""


class Card(Protocol):
    """What has parameters: a method, an explainer, a recipe, a dataset."""

    @property
    def id(self) -> str:
        """Tells its widgets from others."""

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Their specs."""


_SLIDER_STEPS = 200
"""With more steps than this a slider is too coarse to hit a value: it becomes a number field."""


def widget_key(method: str, name: str) -> str:
    """Return the session state key of a parameter's widget."""
    return f"parameter/{method}/{name}"


def _held() -> Changed:
    return state.now().parameters


def _keep(parameters: Changed) -> None:
    state.change(parameters=parameters)


def parameter_widgets(
    card: Card,
    chosen: dict[str, Value],
    *,
    held: Callable[[], Changed] = _held,
    keep: Callable[[Changed], None] = _keep,
) -> None:
    """Draw a widget for every parameter of a method.

    Parameters
    ----------
    card : Card
    chosen : dict
        Values that differ from the defaults.
    held, keep : callable, optional
        Where a callback finds those values and puts the new ones; the session's choice by default.
    """
    for spec in card.parameters:
        key = widget_key(card.id, spec.name)
        st.session_state[key] = chosen.get(spec.name, spec.default)
        _DRAW[spec.kind](spec, key, _on_change(card, spec, key, held, keep))


def _on_change(
    card: Card,
    spec: Parameter,
    key: str,
    held: Callable[[], Changed],
    keep: Callable[[Changed], None],
) -> Callable[[], None]:
    def changed() -> None:
        values = dict(held())
        values[spec.name] = spec.parse(st.session_state[key])
        keep(
            tuple(
                (p.name, values[p.name])
                for p in card.parameters
                if p.name in values and values[p.name] != p.default
            )
        )

    return changed


def _label(spec: Parameter) -> str:
    return escape(spec.name.replace("_", " ").capitalize())


def _help(spec: Parameter) -> str:
    return f"{escape(spec.help)}. Expected: {escape(spec.expected)}."


def _whole(spec: Parameter, key: str, changed: Callable[[], None]) -> None:
    low, high, step = int(spec.low or 0), int(spec.high or 0), int(spec.step or 1)
    draw = st.slider if (high - low) / step <= _SLIDER_STEPS else st.number_input
    draw(_label(spec), low, high, step=step, key=key, help=_help(spec), on_change=changed)


def _real(spec: Parameter, key: str, changed: Callable[[], None]) -> None:
    low, high = float(spec.low or 0), float(spec.high or 0)
    step = float(spec.step or (high - low) / 100)
    fits = round((high - low) / step, 6) <= _SLIDER_STEPS and _on_grid(spec, low, step)
    draw = st.slider if fits else st.number_input
    draw(
        _label(spec), low, high, step=step, key=key, help=_help(spec), format="%.4g",
        on_change=changed,
    )  # fmt: skip


def _on_grid(spec: Parameter, low: float, step: float) -> bool:
    """Whether a slider from ``low`` can stand on the default."""
    steps = (float(spec.default) - low) / step
    return abs(steps - round(steps)) < 1e-6


def _choice(spec: Parameter, key: str, changed: Callable[[], None]) -> None:
    st.selectbox(_label(spec), spec.choices, key=key, help=_help(spec), on_change=changed)


def _switch(spec: Parameter, key: str, changed: Callable[[], None]) -> None:
    st.toggle(_label(spec), key=key, help=_help(spec), on_change=changed)


def _name(spec: Parameter, key: str, changed: Callable[[], None]) -> None:
    st.text_input(_label(spec), key=key, help=_help(spec), on_change=changed, max_chars=64)


def _distance(spec: Parameter, key: str, changed: Callable[[], None]) -> None:
    low, high = spec.low or 0.0, spec.high or 1.0
    step = spec.step or (high - low) / 100
    grid = {format_eps(low + i * step) for i in range(round((high - low) / step) + 1)}
    options = sorted(grid | {str(st.session_state[key])}, key=numerals.fraction)
    st.select_slider(_label(spec), options, key=key, help=_help(spec), on_change=changed)


_DRAW: dict[str, Callable[[Parameter, str, Callable[[], None]], None]] = {
    "int": _whole,
    "float": _real,
    "choice": _choice,
    "bool": _switch,
    "text": _name,
    "epsilon": _distance,
}
