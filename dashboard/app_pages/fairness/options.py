"""What decides between flag, pass and not enough evidence: folded, its values in words."""

from __future__ import annotations

from typing import Any

import streamlit as st

from core.contracts import attribute_name
from dashboard import glossary
from dashboard.app_pages.fairness import page_choice, values
from dashboard.app_pages.fairness.page_choice import FairnessChoice
from dashboard.app_pages.fairness.source import AuditedData
from dashboard.fairness_text import confidence
from dashboard.formatting import escape
from dashboard.run_text import points

__all__ = ["draw"]

_ALL = ""
_ADJUSTED = {"holm": "Holm: strict", "bh": "Benjamini–Hochberg: finds more"}


def draw(audit: FairnessChoice, audited: AuditedData) -> None:
    """Draw the options."""
    st.caption(_words(audit, audited))
    with st.expander("Options", icon=":material/tune:", key="fairness options"):
        if audited.model:
            _attributes(audited)
        left, middle, right = st.columns(3)
        with left:
            _number("alpha", "Level α", audit.alpha, 0.001, 0.5, 0.01, "alpha", "%.3f")
        with middle:
            _number("tolerance", "Tolerance", audit.tolerance, 0.0, 0.99, 0.05, "tolerance", "%.2f")
        with right:
            _number("min_n", "Minimum n", audit.min_n, 1, 100_000, 1, "minimum n", "%d")
        _positive(audit, audited)
        _adjust(audit)
        if audited.table is not None:
            values.draw(audit)
        _cuts(audit, audited)
        _condition(audit, audited)
        key = "fairness intersections"
        st.toggle(
            "Intersections of the attributes", help=glossary.explain("intersection"),
            **page_choice.bind(key, "intersections", audit.intersections),
        )  # fmt: skip


def _words(audit: FairnessChoice, audited: AuditedData) -> str:
    by = escape(", ".join(attribute_name(name) for name in audited.groups)) or "nothing yet"
    crossed = " and their intersections" if audit.intersections and len(audited.groups) > 1 else ""
    return (
        f"By {by}{crossed}. Flagged: shown to be larger than {points(audit.tolerance)} points "
        f"(adjusted p below {audit.alpha:g} if it were at most that, the whole "
        f"{confidence(audit.alpha)} interval beyond). "
        "Within tolerance: shown to be smaller, for every group that has rows. Groups with fewer "
        f"than {audit.min_n} in the denominator are tested too, and named where they show nothing."
    )


def _number(
    name: str, title: str, value: float, low: float, high: float, step: float, term: str,
    form: str,
) -> None:  # fmt: skip
    kept: dict[str, Any] = {"min_value": low, "max_value": high, "step": step, "format": form}
    st.number_input(
        title, help=glossary.explain(term), **kept,
        **page_choice.bind(f"fairness rule/{name}", name, value),
    )  # fmt: skip


def _attributes(audited: AuditedData) -> None:
    st.multiselect(
        "Groups by", audited.attributes, format_func=attribute_name,
        help=glossary.explain("attribute"),
        **page_choice.bind(
            "fairness attributes", "groups", list(audited.groups), by="", rate=""
        ),
    )  # fmt: skip


def _adjust(audit: FairnessChoice) -> None:
    st.segmented_control(
        "Adjusted for the number of tests by", list(_ADJUSTED), required=True,
        format_func=lambda id: _ADJUSTED[id], help=glossary.explain("adjustment"),
        **page_choice.bind("fairness adjust", "adjust", audit.adjust),
    )  # fmt: skip


def _condition(audit: FairnessChoice, audited: AuditedData) -> None:
    others = [name for name in audited.attributes if name not in audited.groups]
    st.selectbox(
        "Conditional parity: compared within rows of equal", [_ALL, *others],
        format_func=lambda name: attribute_name(name) if name else "nothing: all rows together",
        help=glossary.explain("conditional parity"),
        **page_choice.bind(
            "fairness condition", "condition",
            audit.condition if audit.condition in others else _ALL,
        ),
    )  # fmt: skip


def _cuts(audit: FairnessChoice, audited: AuditedData) -> None:
    """Draw, for each attribute that forms groups, how its numbers are cut."""
    st.markdown(
        "Cut numbers into groups: **4** makes quarters of equal size, **18, 30, 65** cuts there; "
        "dates by **month** or **year**",
        help=glossary.explain("cuts"),
    )
    held = audit.cuts()
    places = st.columns(min(3, max(1, len(audited.groups))))
    for i, name in enumerate(audited.groups):
        key = f"fairness cuts/{name}"
        st.session_state[key] = held.get(name, "")
        places[i % len(places)].text_input(
            escape(attribute_name(name)).capitalize(), key=key, max_chars=120,
            placeholder="as it is", on_change=_cut, args=(name, key),
        )  # fmt: skip


def _cut(name: str, key: str) -> None:
    text = "".join(st.session_state[key].split())
    others = page_choice.now().bins
    kept = tuple(each for each in others if each.rpartition("=")[0] != name)
    page_choice.change(bins=(*kept, f"{name}={text}") if text else kept, by="", rate="")


def _positive(audit: FairnessChoice, audited: AuditedData) -> None:
    key, about = "fairness positive", glossary.explain("positive class")
    if not audited.classes:
        st.text_input(
            "Positive class", placeholder="the obvious one: 1, true, yes", help=about,
            **page_choice.bind(key, "positive", audit.positive, by="", rate=""),
        )  # fmt: skip
        return
    obvious = "The obvious one" if len(audited.classes) == 2 else "None: all classes, one by one"
    shown = audit.positive if audit.positive in audited.classes else _ALL
    st.selectbox(
        "Positive class", [_ALL, *audited.classes], format_func=lambda text: text or obvious,
        help=about, **page_choice.bind(key, "positive", shown, by="", rate=""),
    )  # fmt: skip
