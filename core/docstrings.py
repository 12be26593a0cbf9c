"""Docstrings as data: their sections, and the entries of a list of parameters (NumPy style)."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass

__all__ = ["Docstring", "Entry", "read_docstring"]

_RULE = re.compile(r"-{3,}")


@dataclass(frozen=True)
class Entry:
    """What a section says of one thing, or of several that are alike.

    Parameters
    ----------
    names : tuple of str
        Of parameters; of what is returned or raised its type, if it has no name.
    kind : str
        What stands behind the colon, ``""`` for nothing.
    text : str
        The lines below it, without their indentation.
    """

    names: tuple[str, ...]
    kind: str
    text: str

    def __str__(self) -> str:
        head = ", ".join(self.names) + (f" : {self.kind}" if self.kind else "")
        lines = [f"    {line}" if line else "" for line in self.text.splitlines()]
        return "\n".join([head, *lines])


@dataclass(frozen=True)
class Docstring:
    """What stands before the first section, and the sections by their title, in their order."""

    lead: str
    sections: dict[str, str]

    def entries(self, title: str) -> tuple[Entry, ...]:
        """Return the entries of a section, none if it is not there."""
        found: list[tuple[str, list[str]]] = []
        for line in self.sections.get(title, "").splitlines():
            if line and not line.startswith(" "):
                found.append((line, []))
            elif found:
                found[-1][1].append(line)
        return tuple(_entry(head, lines) for head, lines in found)

    def __str__(self) -> str:
        parts = [f"{title}\n{'-' * len(title)}\n{text}" for title, text in self.sections.items()]
        return "\n\n".join([self.lead, *parts])


def _entry(head: str, lines: list[str]) -> Entry:
    names, _, kind = head.partition(" : ")
    text = inspect.cleandoc("\n" + "\n".join(lines))
    return Entry(tuple(name.strip() for name in names.split(", ")), kind.strip(), text)


def read_docstring(text: str) -> Docstring:
    """Take a docstring apart.

    Examples
    --------
    >>> read_docstring('''Add.
    ...
    ... Parameters
    ... ----------
    ... a, b : int
    ...     The two.
    ... ''').entries("Parameters")
    (Entry(names=('a', 'b'), kind='int', text='The two.'),)
    """
    lines = inspect.cleandoc(text).splitlines()
    heads = [i for i, line in enumerate(lines[:-1]) if line and _RULE.fullmatch(lines[i + 1])]
    ends = [*heads, len(lines)]
    lead = "\n".join(lines[: ends[0]]).strip()
    sections = {
        lines[head]: "\n".join(lines[head + 2 : end]).strip("\n")
        for head, end in zip(heads, ends[1:], strict=True)
    }
    return Docstring(lead, sections)
