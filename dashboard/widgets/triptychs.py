"""Pictures that were broken, three side by side: as it was, the change, as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import streamlit as st

from dashboard.theme import Mode, tokens

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


_STYLE = """
<style>
.pl-triptychs {{ display: grid; gap: 1.5rem 2.5rem;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 24rem), 1fr)); }}
.pl-triptychs figure {{ margin: 0; }}
.pl-three {{ display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: .5rem; }}
.pl-three img {{ width: 100%; border-radius: 4px; display: block; }}
.pl-three p {{ margin: .25rem 0 0; font-size: .85rem; line-height: 1.35; overflow-wrap: anywhere; }}
.pl-three small {{ display: block; font-size: .78rem; color: {muted}; line-height: 1.35; }}
.pl-triptychs figcaption {{ font-size: .8rem; color: {muted}; padding-bottom: .35rem;
  overflow-wrap: anywhere; }}
</style>
"""


def triptychs(items: Sequence[Triptych], *, mode: Mode) -> None:
    """Draw them in as many columns as there is room for."""
    style = _STYLE.format(muted=tokens(mode).muted)
    st.html(f'{style}<div class="pl-triptychs">{"".join(_figure(item) for item in items)}</div>')


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
