"""A finished leaderboard: who leads, how sure that is, and the figures behind it."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.contracts import GroupScore, Leaderboard
from dashboard import glossary, services
from dashboard.app_pages.leaderboard.leaders import Leaders, few_pictures, leaders_of
from dashboard.figures.leaderboard import forest
from dashboard.formatting import better, duration, escape, number, said_of
from dashboard.theme import current_mode
from dashboard.widgets.chart import chart
from dashboard.widgets.download import download

__all__ = ["draw"]

_ALL = ""
_GROUP = "leaderboard group"


def draw(board: Leaderboard) -> None:
    """Draw the findings, a chart a metric, the table, and the downloads."""
    st.subheader("What was found", anchor=False, help=glossary.explain("interval"))
    group, kind = _group(board), services.kind_of(board.model)
    found = {metric: _leaders(board, metric, group) for metric in board.metrics}
    n = max((score.n for held in found.values() for score in held.scores), default=0)
    for held in found.values():
        mark = "✓" if held.clear else "△"
        st.markdown(f"{mark} {escape(held.words)}")
    if few := few_pictures(n):
        few = said_of(few, services.kind_of(board.model))
        st.warning(escape(few), icon=":material/scatter_plot:")
    _charts(found)
    st.caption(
        f"{_facts(board, n)}  \nPoint: mean over the {escape(kind.source)}s. Bar: 95 % interval of "
        "the mean. Hollow: controls, which know nothing of the model. Coloured: the best mean."
    )
    _table(board, found)
    st.markdown(
        said_of(
            "**What it can't show:** which method is right about a single picture, or whether the "
            "model looks at the right thing. Other pictures, another model or another protocol may "
            "put the methods in another order.",
            kind,
        )
    )
    _take_along(board)


def _group(board: Leaderboard) -> str:
    if not board.groups:
        return _ALL
    options = [_ALL, *board.groups]
    chosen = st.pills(
        "Subgroup",
        options,
        format_func=lambda name: (
            escape(name) or said_of("All pictures", services.kind_of(board.model))
        ),
        default=_ALL,
        required=True,
        key=_GROUP,
    )
    return chosen or _ALL


def _names() -> dict[str, str]:
    return {id: card.name for id, card in services.methods().items()}


def _leaders(board: Leaderboard, metric: str, group: str) -> Leaders:
    return leaders_of(
        [s for s in board.scores if s.metric == metric and s.group == group],
        metric=services.metric(metric),
        names=_names(),
        controls=[id for id, card in services.methods().items() if card.control],
    )


def _charts(found: dict[str, Leaders]) -> None:
    places = st.columns(min(2, len(found)), gap="large")
    for i, (metric, held) in enumerate(found.items()):
        card = services.metric(metric)
        with places[i % len(places)]:
            st.markdown(f"**{escape(card.name)}** · {better(card.higher_is_better)}")
            chart(
                forest(
                    held.scores,
                    names=_names(),
                    controls=[id for id, m in services.methods().items() if m.control],
                    leaders=held.leaders[:1],
                    mode=current_mode(),
                ),
                key=f"forest/{metric}",
                alt=f"{card.name}: " + ", ".join(_words(score) for score in held.scores),
            )


def _words(score: GroupScore) -> str:
    return f"{services.method(score.method).name} {_cell(score)}"


def _cell(score: GroupScore) -> str:
    if score.mean is None:
        return "not estimable"
    if score.low is None or score.high is None:
        return number(score.mean)
    return f"{number(score.mean)} ({number(score.low)} to {number(score.high)})"


def _facts(board: Leaderboard, n: int) -> str:
    taken = "read from the store" if board.cached else f"{duration(board.seconds)}"
    model = services.model(board.model).name
    return escape(f"{model} · n = {n} · {taken} on {board.device} · seed {board.seed}.")


def _table(board: Leaderboard, found: dict[str, Leaders]) -> None:
    with st.expander("All figures and protocols", icon=":material/table:", key="figures"):
        for metric, held in found.items():
            card = services.metric(metric)
            rows = [
                f"| {escape(services.method(s.method).name)} | {escape(_cell(s))} | {s.n} |"
                for s in held.scores
            ]
            summary = said_of(card.summary, services.kind_of(board.model))
            st.markdown(f"**{escape(card.name)}** {escape(summary)}")
            st.markdown(
                "\n".join(["| Method | Mean (95 % interval) | n |", "|:--|:--|--:|", *rows])
            )
            protocols = dict.fromkeys(score.protocol for score in held.scores)
            kind = services.kind_of(board.model)
            st.caption("  \n".join(escape(said_of(text, kind)) for text in protocols))
        for failure in board.failed:
            st.markdown(f"△ {escape(failure)}")


def _take_along(board: Leaderboard) -> None:
    with st.container(horizontal=True, key="leaderboard downloads"):
        for kind, make in (("csv", services.leaderboard_csv), ("json", services.leaderboard_json)):
            download(
                f"Leaderboard ({kind})",
                partial(make, board),
                f"leaderboard.{kind}",
                key=f"download/leaderboard/{kind}",
            )
