"""Pictures that were broken: the original, the change magnified, and what the model saw."""

from __future__ import annotations

import streamlit as st

from core.contracts import AdversarialExample, Robustness
from dashboard import services
from dashboard.robustness_words import attack_name, eps_words
from dashboard.theme import current_mode
from dashboard.widgets.triptychs import Triptych, triptychs
from dashboard.words import escape

__all__ = ["draw"]

_SHOWN = 6


def draw(found: Robustness) -> None:
    """Draw the examples of one attack."""
    st.subheader("Pictures that broke", anchor=False)
    attacks = [id for id in found.attacks if any(e.attack == id for e in found.examples)]
    if not attacks:
        st.caption("No attack broke any of the first pictures.")
        return
    attack = attacks[0]
    if len(attacks) > 1:
        attack = (
            st.segmented_control(
                "Broken by", attacks, format_func=attack_name, required=True, key="broken by",
                default=_strongest(found, attacks), label_visibility="collapsed",
            )
            or attack
        )  # fmt: skip
    own = [example for example in found.examples if example.attack == attack][:_SHOWN]
    triptychs([_triptych(found, example) for example in own], mode=current_mode())
    st.caption(
        escape(
            f"The first {len(own)} that {attack_name(attack)} broke, at the smallest ε it found. "
            "Grey in the middle is no change; colours are the change of each channel."
        )
    )


def _strongest(found: Robustness, attacks: list[str]) -> str:
    """Return the attack that leaves least, controls last."""
    area = {c.attack: (c.control, c.area) for c in found.curves if not c.group}
    return min(attacks, key=lambda id: area.get(id, (True, 1.0)))


def _triptych(found: Robustness, example: AdversarialExample) -> Triptych:
    shown = services.broken(found, example)
    before, after = found.classes[example.clean], found.classes[example.answer]
    return Triptych(
        pictures=(shown.original, shown.change, shown.adversarial),
        below=(
            (before, "as it was, and right"),
            (f"change × {shown.factor}", f"ε = {eps_words(example.distance, found.norm)}"),
            (after, "what the model says now"),
        ),
        title=example.id,
    )
