"""Evidence: which method tells most about this model, over many pictures."""

from __future__ import annotations

import streamlit as st

from core.contracts import LEADERBOARD_METHODS, Leaderboard, LeaderboardRequest, count_text
from core.errors import PellucidError
from dashboard import address, services
from dashboard import page as frame
from dashboard.app_pages.leaderboard import page_choice, result
from dashboard.app_pages.leaderboard import pictures as pictures_part
from dashboard.app_pages.leaderboard.page_choice import LeaderboardChoice
from dashboard.app_pages.picture import controls as picture_controls
from dashboard.app_pages.picture.frame import asked_for
from dashboard.formatting import error_text, escape
from dashboard.guard import guarded
from dashboard.session_jobs import session_jobs
from dashboard.state import Choice
from dashboard.widgets import progress
from dashboard.widgets.progress import Pending

__all__ = ["page"]

_PROBLEM, _NAME = "leaderboard problem", "leaderboard address problems"
_FROM_CHOICE = ("model", "reading")


def page() -> None:
    """Draw the page."""
    choice, held = asked_for(page_choice.session, _NAME, only=_FROM_CHOICE, slices=False)
    with guarded():
        picture_controls.sidebar(choice)
        frame.say_problems(_NAME, (choice, held))
        st.title("Evidence", anchor=False)
        kind = services.kind_of(choice.model)
        st.markdown(
            escape(
                f"Which method tells most about this model? All explain the same {kind.source}s. "
                f"Then {kind.site}s are removed, and returned, in the order of each map: the "
                "better the map, the sooner the class is lost, and found."
            )
        )
        _set_up(choice, held)
    with guarded():
        _run(held, services.kind_of(choice.model).source)
    mine = address.to_query(choice, only=_FROM_CHOICE)
    frame.publish(mine, held.to_query())


# ---- what to run


def _set_up(choice: Choice, held: LeaderboardChoice) -> None:
    taken = pictures_part.choose(held, choice.model)
    methods = _methods(choice, held)
    metrics = _metrics(choice, held)
    n_maps = len(taken) * len(methods)
    with st.container(horizontal=True, vertical_alignment="center", key="run"):
        st.button(
            "Compare methods",
            type="primary",
            icon=":material/play_arrow:",
            key="compare methods",
            disabled=not (n_maps and metrics),
            on_click=_start,
            args=(choice, taken, methods, metrics),
        )
        source = services.kind_of(choice.model).source
        st.caption(escape(_cost(len(taken), len(methods), n_maps, source)))
    if problem := st.session_state.pop(_PROBLEM, None):
        st.error(escape(problem), icon=":material/error:")


def _cost(n_sources: int, n_methods: int, n_maps: int, source: str) -> str:
    if not n_maps:
        return f"Choose at least one {source} and one method."
    sources = f"{n_sources} {source}" + ("s" if n_sources > 1 else "")
    methods = f"{n_methods} method" + ("s" if n_methods > 1 else "")
    return f"{sources} × {methods}: {count_text(n_maps, 'map')}, a second or more for each."


def _methods(choice: Choice, held: LeaderboardChoice) -> tuple[str, ...]:
    cards = services.offered(services.model(choice.model))
    wanted = LEADERBOARD_METHODS if held.methods is None else held.methods
    key = "leaderboard methods"
    st.multiselect(
        "Methods",
        list(cards),
        format_func=lambda id: picture_controls.method_label(cards[id]),
        help="Controls know nothing of the model: what does not beat them says nothing about it.",
        **page_choice.bind(key, "methods", [id for id in wanted if id in cards]),
    )
    return tuple(st.session_state[key])


def _metrics(choice: Choice, held: LeaderboardChoice) -> tuple[str, ...]:
    able = services.metrics_for(services.model(choice.model))
    cards = {id: card for id, card in able.items() if not card.needs_mask}
    key = "leaderboard metrics"
    st.multiselect(
        "Metrics",
        list(cards),
        format_func=lambda id: cards[id].name,
        **page_choice.bind(key, "metrics", [id for id in held.metrics if id in cards]),
    )
    return tuple(st.session_state[key])


def _start(
    choice: Choice,
    taken: pictures_part.Taken,
    methods: tuple[str, ...],
    metrics: tuple[str, ...],
) -> None:
    try:
        request = services.leaderboard_request(
            taken.open(),
            model=choice.model,
            reading=services.reading(choice),
            methods=methods,
            metrics=metrics,
            groups=taken.groups,
        )
    except PellucidError as error:
        st.session_state[_PROBLEM] = error_text(error)
        return
    session_jobs().again(request.key)
    page_choice.change(run=request.key)


# ---- the run


def _run(held: LeaderboardChoice, source: str) -> None:
    if not held.run:
        st.info(
            f"Choose the {escape(source)}s above, then press Compare methods. "
            f"The more {escape(source)}s, the narrower the intervals.",
            icon=":material/arrow_upward:",
        )
        return
    request = services.recall_leaderboard(held.run)
    if request is None:
        st.info(
            "The run of this link is not here any more: the server forgets runs when it restarts. "
            "Press Compare methods to run it again: what was measured is read from the store.",
            icon=":material/history:",
        )
        return
    with frame.with_session_jobs():
        _ask_and_draw(request)


def _ask_and_draw(request: LeaderboardRequest) -> None:
    answer = session_jobs().ask(request, hold=True)
    if isinstance(answer.result, Leaderboard):
        result.draw(answer.result)
    elif answer.state == "waiting":
        progress.waiting([Pending(answer.key, "Leaderboard")], place="leaderboard")
        st.caption("It goes on while you look at other pages, and a reload finds it again.")
    else:
        progress.ended_badly(answer, "The comparison")
    progress.notes(answer)
