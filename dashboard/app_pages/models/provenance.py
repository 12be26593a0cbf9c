"""How a run was made: its parameters, its card, and the command that makes it again."""

from __future__ import annotations

import streamlit as st

from core.contracts import Run
from dashboard import glossary, services
from dashboard.formatting import code, escape
from dashboard.model_text import named
from dashboard.run_text import card_parts, date
from dashboard.widgets.download import download

__all__ = ["panel"]


def panel(run: Run) -> None:
    """Draw the folds."""
    st.subheader("How it was made", anchor=False)
    with st.expander("Parameters", icon=":material/tune:", key="parameters"):
        st.markdown(_table(run))
        st.caption(_facts(run))
    card = services.run_card(run)
    if card:
        with st.expander("Model card", icon=":material/description:", key="card"):
            for kind, text in card_parts(card):
                if kind == "code":
                    st.code(text, language=None, wrap_lines=True)
                else:
                    st.markdown(text)
            download(
                "Model card (md)",
                card,
                f"{run.model}.card.md",
                key="download/card",
            )
    with st.expander("The command that makes it again", icon=":material/terminal:", key="command"):
        st.code(services.run_command(run), language="shell", wrap_lines=True)
        st.caption(glossary.explain("reproduce"))


def _table(run: Run) -> str:
    recipe = services.recipes().get(run.recipe)
    defaults = {spec.name: spec.default for spec in recipe.parameters} if recipe else {}
    rows = ["| Parameter | Value | Default |", "|:--|:--|:--|"]
    changed_first = sorted(
        run.parameters.items(), key=lambda item: item[1] == defaults.get(item[0])
    )
    for name, value in changed_first:
        default = defaults.get(name)
        words = "" if default is None or default == value else _value(default)
        shown = _value(value) if words == "" else f"**{_value(value)}**"
        rows.append(f"| {escape(name.replace('_', ' '))} | {shown} | {words} |")
    return "\n".join(rows) if run.parameters else "It has none."


def _value(value: object) -> str:
    return escape(str(value)) or "–"


def _facts(run: Run) -> str:
    versions = ", ".join(f"{name} {text}" for name, text in run.versions.items())
    facts = [f"{name.replace('_', ' ')} {value}" for name, value in run.facts.items()]
    parts = [
        f"Made {date(run.created, st.context.timezone)}",
        f"data {services.dataset_name(run.dataset)}" if run.dataset else "",
        f"base {named(run.base)}" if run.base else "",
        f"seed {run.seed}",
        "resumed from a checkpoint" if run.resumed else "",
        *facts,
        versions,
    ]
    text = escape(" · ".join(part for part in parts if part))
    return f"{text}  \nWeights SHA-256 {code(run.weights_sha256[:16])}…"
