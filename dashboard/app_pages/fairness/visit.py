"""Whose looks at a table count: a visit's, which lives as long as the session or its address.

A reload begins a new session. So the address of the Fairness page carries the visit: whoever
reloads it, or opens somebody's link, goes on counting. Nobody else's looks are shown.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping

import streamlit as st

__all__ = ["arrive", "current", "looked", "to_query"]

_PARAMETER, _VISIT, _LOOKED = "visit", "visit", "visit has looked"
_ID = re.compile(r"[0-9a-f]{16}")


def arrive(query: Mapping[str, str]) -> None:
    """Take over the visit of an address, if it holds one."""
    if _ID.fullmatch(query.get(_PARAMETER, "")):
        st.session_state[_VISIT] = query[_PARAMETER]
        st.session_state[_LOOKED] = True


def current() -> str:
    """Return the id of this visit."""
    if _VISIT not in st.session_state:
        st.session_state[_VISIT] = secrets.token_hex(8)
    return str(st.session_state[_VISIT])


def looked() -> None:
    """Remember that there is something to count."""
    st.session_state[_LOOKED] = True


def to_query() -> dict[str, str]:
    """Return the visit as a parameter of an address; nothing before its first look."""
    return {_PARAMETER: current()} if st.session_state.get(_LOOKED) else {}
