"""What a metric of groups is of: a class of several, rows of equal value."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["MetricName"]

_TEXT = re.compile(r"(?P<base>[^\[|]*)(?:\[(?P<of>.*)\]|\|(?P<given>.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class MetricName:
    """A metric's id, and what it is of: its text is a key, never taken apart anywhere else.

    Parameters
    ----------
    base : str
        Id of the metric or gap, which holds neither ``[`` nor ``|``.
    of : str
        The class against the rest; ``""`` for none. A stranger's text, whatever it holds.
    given : str
        The condition whose values are compared one by one; ``""`` for none. Likewise.

    Examples
    --------
    >>> MetricName("tpr", of="a|b]").text
    'tpr[a|b]]'
    >>> MetricName.parse("tpr[a|b]]")
    MetricName(base='tpr', of='a|b]', given='')
    >>> MetricName.parse("selection_rate|grade[1]").given
    'grade[1]'
    """

    base: str
    of: str = ""
    given: str = ""

    @property
    def text(self) -> str:
        """The metric in one word, as keys, tables and JSON have it."""
        if self.given:
            return f"{self.base}|{self.given}"
        return f"{self.base}[{self.of}]" if self.of else self.base

    @property
    def fields(self) -> dict[str, str | None]:
        """The same as fields of an export, so that nobody takes the text apart.

        >>> MetricName("tpr", of="a|b]").fields
        {'metric_id': 'tpr', 'class': 'a|b]', 'condition': None}
        """
        return {
            "metric_id": self.base,
            "class": self.of or None,
            "condition": self.given or None,
        }

    @classmethod
    def parse(cls, text: str) -> MetricName:
        """Return the metric that a text names; one without a closing bracket is its own id."""
        found = _TEXT.fullmatch(text)
        if found is None:
            return cls(text)
        return cls(found["base"], found["of"] or "", found["given"] or "")
