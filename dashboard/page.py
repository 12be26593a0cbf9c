"""The frame of a page: its address, what of it could not be read, and the session's jobs.

A page's first view reads its address (:func:`first_view`), and says once what it left out
(:func:`say_problems`); whatever it asks for, it asks for within :func:`with_session_jobs`;
and at its end it becomes its address again (:func:`publish`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

import streamlit as st

from dashboard.formatting import escape
from dashboard.session_jobs import session_jobs

__all__ = ["address", "with_session_jobs", "first_view", "publish", "say_problems"]


def address() -> dict[str, str]:
    """Return the parameters of the page's address: a stranger's text."""
    return st.query_params.to_dict()


def first_view(name: str, seen: object, problems: Iterable[str]) -> None:
    """Remember what of an address could not be read.

    Parameters
    ----------
    name : str
        Tells the page from others.
    seen : object
        What was read: once something else is chosen, the problems are no longer said.
    """
    if problems := list(problems):
        st.session_state[name] = (seen, problems)


def say_problems(name: str, seen: object) -> None:
    """Say what of the address could not be read, as long as nothing else was chosen."""
    first, problems = st.session_state.get(name, (None, []))
    for problem in problems if first == seen else []:
        st.warning(escape(problem), icon=":material/link_off:")


@contextmanager
def with_session_jobs() -> Iterator[None]:
    """Let go of what the page no longer asks for, at the end of its run."""
    session_jobs().open()
    try:
        yield
    finally:
        session_jobs().close()


def publish(*queries: Mapping[str, str]) -> None:
    """Write all of them into the page's address if that says something else."""
    query = {name: text for each in queries for name, text in each.items()}
    if address() != query:
        st.query_params.from_dict(query)
