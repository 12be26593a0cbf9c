"""What a session is set to, and widgets that are bound to it.

Widgets never own a value. Before a widget is drawn its state is set from the choice; when it is
used, its callback makes a new choice. So a reload, a deep link and a click all go one way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Generic, TypeVar

import streamlit as st

from dashboard import query

__all__ = ["SessionChoice", "bound", "session_id"]

T = TypeVar("T")


def session_id() -> str:
    """Return the browser session's id, which owns its jobs."""
    from streamlit.runtime.scriptrunner import get_script_run_ctx

    context = get_script_run_ctx()
    return "no-session" if context is None else context.session_id


def bound(key: str, shown: object, changed: Callable[[Any], object]) -> dict[str, Any]:
    """Return the arguments that bind a widget: it shows ``shown``; its use calls ``changed``.

    Parameters
    ----------
    key : str
        The widget's; its state is set here, so this stands where the widget is drawn.
    changed : callable
        Receives what was chosen; lists as tuples, since choices are frozen.
    """
    st.session_state[key] = list(shown) if isinstance(shown, tuple) else shown

    def used() -> None:
        value = st.session_state[key]
        changed(tuple(value) if isinstance(value, list) else value)

    return {"key": key, "on_change": used}


class SessionChoice(Generic[T]):
    """One frozen choice of this session.

    Parameters
    ----------
    key : str
        Where the session keeps it.
    kind : type
        The dataclass; its defaults are what a session begins with.
    """

    def __init__(self, key: str, kind: type[T]) -> None:
        self._key = key
        self._kind = kind

    def read(self, address: Mapping[str, str], about: Any = None) -> tuple[T, list[str]]:
        """Return the choice that an address describes, and a sentence for each part left out."""
        return query.read(self._kind, address, about)

    def current(self) -> T | None:
        """Return what the session is set to; ``None`` before its first view."""
        held = st.session_state.get(self._key)
        return held if isinstance(held, self._kind) else None

    def now(self) -> T:
        """Return what the session is set to, or what one begins with."""
        held = self.current()
        return self._kind() if held is None else held

    def begin(self, choice: T) -> T:
        """Set it."""
        st.session_state[self._key] = choice
        return choice

    def change(self, **values: Any) -> None:
        """Replace parts of it: what every callback does."""
        self.begin(replace(self.now(), **values))  # type: ignore[type-var]

    def bind(self, key: str, field: str, shown: object, **also: Any) -> dict[str, Any]:
        """Return the arguments that bind a widget to a field.

        Parameters
        ----------
        key : str
            The widget's.
        shown : object
            What it shows.
        also
            Fields that a use of the widget sets as well.
        """
        return bound(key, shown, lambda chosen: self.change(**{field: chosen}, **also))
