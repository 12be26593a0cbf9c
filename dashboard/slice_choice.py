"""The slice that the session looks at: one for all pages, and a part of each page's address.

A page's first view calls :func:`arrive` with its address, its ``publish`` adds :func:`to_query`,
and :func:`within` narrows its pictures. Whoever chooses or clears a slice calls :func:`change`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import streamlit as st

from core.contracts import Slice, attribute_name, group_name
from core.errors import InputError
from dashboard import services
from dashboard.services import ShownSplit

__all__ = [
    "PARAMETER", "Within", "arrive", "change", "current", "read", "to_query", "within", "words",
]  # fmt: skip

PARAMETER = "slice"
"""What every address calls it; its value is :attr:`core.contracts.Slice.text`."""
LONGEST = 300

_SLICE = "slice looked at"


@dataclass(frozen=True)
class Within:
    """What a slice leaves of the pictures of a split.

    Parameters
    ----------
    indices : ndarray of int64, shape (n,)
        Numbers of its pictures, in their order; all of them without a slice, and where it does not
        fit.
    of : int
        Pictures of the split.
    problem : str
        Why the slice does not fit these pictures, ``""`` if it does. Plain text.
    """

    indices: npt.NDArray[np.int64]
    of: int
    problem: str = ""

    @property
    def n(self) -> int:
        """How many pictures are left."""
        return len(self.indices)


def current() -> Slice:
    """Return what the session looks at; a slice without conditions is everything."""
    held = st.session_state.get(_SLICE)
    return held if isinstance(held, Slice) else Slice(())


def change(text: str = "") -> None:
    """Choose a slice, ``""`` for everything: what every callback does."""
    st.session_state[_SLICE] = Slice.parse(text[:LONGEST])


def read(query: Mapping[str, str]) -> tuple[Slice, list[str]]:
    """Return the slice that an address describes, and a sentence if it can't be read."""
    text = query.get(PARAMETER, "")
    found = Slice.parse(text) if len(text) <= LONGEST else Slice(())
    if text and not found.conditions:
        return found, [
            f"slice holds conditions such as sex=f&age=old. The address holds: {text[:40]}."
        ]
    return found, []


def arrive(query: Mapping[str, str]) -> list[str]:
    """Take over the slice of an address, if it holds one; return what could not be read."""
    found, problems = read(query)
    if found.conditions:
        st.session_state[_SLICE] = found
    return problems


def to_query() -> dict[str, str]:
    """Return the session's slice as a parameter of an address; nothing without one."""
    text = current().text
    return {PARAMETER: text} if text else {}


def within(split: ShownSplit, chosen: Slice | None = None) -> Within:
    """Return the pictures of a split that belong to a slice, by default the session's."""
    everything = np.arange(len(split), dtype=np.int64)
    chosen = current() if chosen is None else chosen
    if not chosen.conditions:
        return Within(everything, len(split))
    try:
        return Within(services.slice_members(chosen.text, split.groups), len(split))
    except InputError as error:
        return Within(everything, len(split), f"The slice does not fit these pictures. {error}")


def words(chosen: Slice) -> str:
    """Return a slice for people. Plain text.

    Examples
    --------
    >>> words(Slice((("skin_tone_band", "dark 7-10"), ("sex", "f"))))
    'sex f, skin tone band dark 7-10'
    """
    return ", ".join(
        f"{attribute_name(attribute)} {group_name(group)}" for attribute, group in chosen.conditions
    )
