"""Pictures that were broken, three side by side: as it was, the change, as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import streamlit as st

__all__ = ["Triptych", "triptychs"]


@dataclass(frozen=True, slots=True)
class Triptych:
    """One picture; all its texts are shown as text, never as markup.

    Parameters
    ----------
    pictures : tuple of str
        Three data URIs of ours.
    below : tuple of (str, str)
        A word and a note below each of them.
    title : str
    """

    pictures: tuple[str, str, str]
    below: tuple[tuple[str, str], tuple[str, str], tuple[str, str]]
    title: str


def triptychs(items: Sequence[Triptych]) -> None:
    """Draw them in as many columns as there is room for."""
    st.html(f'<div class="pl-triptychs">{"".join(_figure(item) for item in items)}</div>')


def _figure(item: Triptych) -> str:
    cells = "".join(
        f'<div><img src="{uri}" alt="{escape(f"{word}: {note}")}"><p>{escape(word)}'
        f"<small>{escape(note)}</small></p></div>"
        for uri, (word, note) in zip(item.pictures, item.below, strict=True)
    )
    return (
        f'<figure><figcaption>{escape(item.title)}</figcaption><div class="pl-three">{cells}'
        "</div></figure>"
    )
