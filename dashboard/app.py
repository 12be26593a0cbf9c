"""The entry: ``pellucid serve``, or ``python -m streamlit run dashboard/app.py``."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard import background, services, state, theme
from dashboard.app_pages.calibration import page as calibration
from dashboard.app_pages.compare import page as compare
from dashboard.app_pages.concepts import page as concepts
from dashboard.app_pages.examples import page as examples
from dashboard.app_pages.fairness import page as fairness
from dashboard.app_pages.inspect import page as inspect
from dashboard.app_pages.leaderboard import page as leaderboard
from dashboard.app_pages.models import page as models
from dashboard.app_pages.reference import page as reference
from dashboard.app_pages.robustness import page as robustness
from dashboard.app_pages.shap import page as shap
from dashboard.guard import guarded

_ASSETS = Path(__file__).resolve().parent / "assets"


def main() -> None:
    """Set the frame and run the page that the address names."""
    st.set_page_config(page_title="Pellucid", page_icon=str(_ASSETS / "logo.svg"), layout="wide")
    background.start()
    mode = theme.current_mode()
    st.logo(
        str(_ASSETS / f"wordmark-{mode}.svg"), size="large", icon_image=str(_ASSETS / "logo.svg")
    )
    st.html(theme.css(mode))
    page = st.navigation(
        [
            st.Page(inspect.page, title="Inspect", icon=":material/center_focus_strong:",
                    url_path="inspect", default=True),
            st.Page(shap.page, title="SHAP", icon=":material/pie_chart:", url_path="shap"),
            st.Page(leaderboard.page, title="Evidence", icon=":material/rule:",
                    url_path="evidence"),
            st.Page(fairness.page, title="Fairness", icon=":material/balance:",
                    url_path="fairness"),
            st.Page(robustness.page, title="Robustness", icon=":material/shield:",
                    url_path="robustness"),
            st.Page(compare.page, title="Compare", icon=":material/compare:",
                    url_path="compare"),
            st.Page(examples.page, title="Examples", icon=":material/photo_library:",
                    url_path="examples"),
            st.Page(concepts.page, title="Concepts", icon=":material/category:",
                    url_path="concepts"),
            st.Page(models.page, title="Models", icon=":material/model_training:",
                    url_path="models"),
            st.Page(reference.page, title="Reference", icon=":material/menu_book:",
                    url_path="reference"),
            st.Page(calibration.page, title="How often right?", icon=":material/fact_check:",
                    url_path="calibration"),
        ]
    )  # fmt: skip
    with guarded():  # also what a page does before and after its own guards: its address
        _let_go_of_deleted_model()
        page.run()


def _let_go_of_deleted_model() -> None:
    """Choose the default model where somebody has deleted the one that this session looked at."""
    choice = state.current()
    if choice is not None and choice.model not in services.models():
        state.begin(state.Choice())
        st.info(
            "The model that you looked at was deleted; this is the default one.",
            icon=":material/delete:",
        )


main()
