"""The audit to take along: tables, the whole report, the audit tables of Local Law 144."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from core.contracts import P_OF, FairnessReport
from dashboard import services
from dashboard.widgets.download import download

__all__ = ["draw"]


def draw(report: FairnessReport) -> None:
    """Draw the downloads and the command that repeats the audit."""
    st.subheader("Take it along", anchor=False)
    files: list[tuple[str, str, Callable[[], bytes]]] = [
        ("Rates (csv)", "rates.csv", partial(services.fairness_file, report, "csv")),
        ("Gaps (csv)", "gaps.csv", partial(services.fairness_file, report, "csv", "gaps")),
        ("Comparisons (csv)", "pairs.csv",
         partial(services.fairness_file, report, "csv", "pairs")),
        ("Rates (parquet)", "rates.parquet",
         partial(services.fairness_file, report, "parquet")),
        ("Gaps (parquet)", "gaps.parquet",
         partial(services.fairness_file, report, "parquet", "gaps")),
        ("Whole report (json)", "json", partial(services.fairness_file, report, "json")),
    ]  # fmt: skip
    if "selection_rate" in report.overall.metrics:
        files.append(
            ("Local Law 144, selection (csv)", "local-law-144-selection.csv",
             partial(services.local_law_144_csv, report, basis="selection"))
        )  # fmt: skip
    if "scoring_rate" in report.overall.metrics:
        files.append(
            ("Local Law 144, scoring (csv)", "local-law-144-scoring.csv",
             partial(services.local_law_144_csv, report, basis="scoring"))
        )  # fmt: skip
    with st.container(horizontal=True, key="fairness downloads"):
        for label, ending, data in files:
            download(label, data, f"fairness.{ending}", key=f"download/{ending}")
    if len(files) > 6:
        st.caption(
            "The layout of the audit tables of New York City's Local Law 144: impact ratios, "
            "unknown categories counted, categories under 2 % of the rows only counted. A layout, "
            "no legal finding."
        )
    st.caption("; ".join(f"`{name}`: {words}" for name, words in P_OF.items()) + ".")
    st.markdown("The same audit on the command line:")
    st.code(report.command, language=None, wrap_lines=True)
