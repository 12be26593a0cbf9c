"""Sources that were broken: as they were, the change, and what the model saw."""

from __future__ import annotations

import streamlit as st

from core.contracts import Robustness
from dashboard import services
from dashboard.formatting import escape
from dashboard.robustness_text import attack_name
from dashboard.views import registry as views

__all__ = ["draw"]

_SHOWN = 6


def draw(found: Robustness) -> None:
    """Draw the examples of one attack."""
    kind = services.kind_of(found.model).source
    st.subheader(f"{escape(kind.capitalize())}s that broke", anchor=False)
    attacks = [id for id in found.attacks if any(e.attack == id for e in found.examples)]
    if not attacks:
        st.caption(f"No attack broke any of the first {escape(kind)}s.")
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
    views.of_model(found.model).broken(found, own)
    st.caption(
        escape(
            f"The first {len(own)} that {attack_name(attack)} broke, at the smallest ε it found. "
            f"{views.of_model(found.model).about_broken}"
        )
    )


def _strongest(found: Robustness, attacks: list[str]) -> str:
    """Return the attack that leaves least, controls last."""
    area = {c.attack: (c.control, c.area) for c in found.curves if not c.group}
    return min(attacks, key=lambda id: area.get(id, (True, 1.0)))
