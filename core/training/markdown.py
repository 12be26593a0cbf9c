"""Markdown from names that strangers chose: nothing in them is markup, in Markdown or HTML."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

__all__ = ["code_block", "escape", "table"]

_MARKS = re.compile(
    r"""[\\`*\[\]#|~$@]           # emphasis, code, links, tables, headings, mathematics, mentions
    |(?<![^\W_])_|_(?![^\W_])    # an underscore, but not inside a word
    |:(?=\S)                    # addresses, directives
    |(?<=\bwww)\.              # addresses again""",
    re.VERBOSE | re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?=#?\w+;)")


def escape(text: str) -> str:
    r"""Return ``text`` as it is read, in one line, inert in Markdown and in HTML.

    It must not begin a line of its own: a dash there would begin a list.

    Examples
    --------
    >>> print(escape("<b>|skin_tone"))
    &lt;b&gt;\|skin_tone
    """
    line = " ".join(text.split())
    line = "".join(c if c.isprintable() else "\ufffd" for c in line)
    line = _MARKS.sub(r"\\\g<0>", _ENTITY.sub("&amp;", line))
    return line.replace("<", "&lt;").replace(">", "&gt;")


def code_block(text: str) -> str:
    """Return ``text`` as it stands, between fences longer than any in it."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}"


def table(head: Sequence[str], rows: Iterable[Sequence[object]], *, right: int = 0) -> str:
    r"""Return a table whose cells are escaped; its head is Markdown already.

    Parameters
    ----------
    right : int
        How many columns, from the last, are set flush right.

    Examples
    --------
    >>> print(table(("a", "n"), [("x|y", 3)], right=1))
    | a | n |
    | --- | ---: |
    | x\|y | 3 |
    """
    rules = ["---"] * (len(head) - right) + ["---:"] * right
    lines = [head, rules, *[[escape(str(cell)) for cell in row] for row in rows]]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
