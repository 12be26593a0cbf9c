"""Widgets are made from specs: every parameter of every method has one."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from core import api
from core.contracts import MethodCard, Parameter

KINDS = {
    "int": ("slider", "number_input"),
    "float": ("slider", "number_input"),
    "choice": ("selectbox",),
    "bool": ("toggle",),
}


def drawn(card: MethodCard) -> AppTest:
    def script(card: object) -> None:
        from dashboard import state
        from dashboard.widgets.parameters import parameter_widgets

        choice = state.current()
        parameter_widgets(card, dict(choice.parameters) if choice else {})

    return AppTest.from_function(script, args=(card,)).run(timeout=60)


def invented() -> MethodCard:
    return MethodCard(
        id="invented", name="Invented", summary="s", limits="l", paper="p", signed=False,
        uses_layer=False, needs_gradients=False, slow=False,
        random=False, control=False,
        parameters=(
            Parameter("few", "int", 3, "Few", low=1, high=9, step=1),
            Parameter("many", "int", 300, "Many", low=1, high=5000, step=1),
            Parameter("share", "float", 0.5, "Share", low=0.0, high=1.0, step=0.05),
            Parameter("fine", "float", 0.01, "Fine", low=0.0001, high=0.5, step=0.005),
            Parameter("way", "choice", "b", "Way", choices=("a", "b")),
            Parameter("on", "bool", True, "Whether"),
        ),
    )  # fmt: skip


@pytest.mark.parametrize("card", [*api.methods(), invented()], ids=lambda card: card.id)
def test_every_parameter_has_a_widget_with_its_default(card: MethodCard) -> None:
    app = drawn(card)
    assert not app.exception
    for spec in card.parameters:
        key = f"parameter/{card.id}/{spec.name}"
        found = [w for kind in KINDS[spec.kind] for w in app.get(kind) if w.key == key]
        assert len(found) == 1, spec.name
        assert found[0].value == spec.default


def test_a_changed_value_goes_into_the_choice_and_the_default_leaves_it() -> None:
    app = drawn(invented())
    app.slider(key="parameter/invented/few").set_value(5).run(timeout=60)
    assert app.session_state["choice"].parameters == (("few", 5),)
    app.slider(key="parameter/invented/few").set_value(3).run(timeout=60)
    assert app.session_state["choice"].parameters == ()
