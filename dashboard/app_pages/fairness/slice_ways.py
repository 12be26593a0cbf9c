"""From a slice to the pages that look at its pictures: each opens with the model and the slice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import streamlit as st

from core.contracts import Run, Slice
from dashboard import slice_choice
from dashboard.app_pages.inspect import page as inspect
from dashboard.app_pages.models import actions as models_actions
from dashboard.app_pages.robustness import page as robustness
from dashboard.app_pages.robustness import page_choice as robustness_page_choice
from dashboard.app_pages.shap import page as shap
from dashboard.services import ShownSplit

__all__ = ["ways"]


@dataclass(frozen=True, slots=True)
class _Way:
    """A page, and what of the session it needs to be told."""

    title: str
    icon: str
    url: str
    page: Callable[[], None]
    prepare: Callable[[Run, int], None]


def _attack(run: Run, index: int) -> None:
    robustness_page_choice.change_attacked(model=run.model, dataset="", split="test")


_WAYS = (
    _Way("Inspect", ":material/center_focus_strong:", "inspect", inspect.page,
         models_actions.look_at),
    _Way("SHAP", ":material/pie_chart:", "shap", shap.page, models_actions.look_at),
    _Way("Robustness", ":material/shield:", "robustness", robustness.page, _attack),
)  # fmt: skip


def ways(chosen: Slice, data: ShownSplit, run: Run) -> None:
    """Draw a button for each page; the first picture of the slice is looked at there.

    Parameters
    ----------
    data : ShownSplit
        The model's test pictures.
    """
    left = slice_choice.within(data, chosen)
    if left.problem or not left.n:
        return
    first = int(data.order[np.isin(data.order, left.indices)][0])
    with st.container(horizontal=True, vertical_alignment="center", key="slice ways"):
        for way in _WAYS:
            if st.button(f"Open in {way.title}", icon=way.icon, key=f"slice to {way.url}"):
                slice_choice.change(chosen.text)
                way.prepare(run, first)
                default = way.url == "inspect"
                st.switch_page(
                    st.Page(way.page, title=way.title, url_path=way.url, default=default)
                )
