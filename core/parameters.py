"""Typed parameter specifications.

One description serves the method, the command line (``--param name=value``) and the widgets of
the dashboard: nothing else in the house knows a parameter's range.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from core.errors import ParameterError

__all__ = ["Parameter", "Value", "resolve"]

Value = int | float | str | bool
Kind = Literal["int", "float", "choice", "bool", "text"]
_MAX_TEXT = 64


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a method: its type, range, default and meaning.

    Parameters
    ----------
    name : str
        Identifier, as used in ``--param name=value`` and in URLs.
    kind : {"int", "float", "choice", "bool", "text"}
        Type of the value; a text is a name of at most 64 characters, or empty.
    default : int, float, str or bool
        Value when none is given; always inside the range.
    help : str
        One sentence for people, without a full stop at the end.
    low, high : float, optional
        Inclusive range of numbers.
    step : float, optional
        Step that a slider moves by.
    choices : tuple of str
        Allowed values of a ``choice``.
    """

    name: str
    kind: Kind
    default: Value
    help: str
    low: float | None = None
    high: float | None = None
    step: float | None = None
    choices: tuple[str, ...] = ()

    @property
    def expected(self) -> str:
        """The allowed values in words, for messages and ``--help``."""
        if self.kind == "choice":
            return "one of " + ", ".join(self.choices)
        if self.kind == "bool":
            return "true or false"
        if self.kind == "text":
            return f"a name of at most {_MAX_TEXT} characters, or nothing"
        noun = "a whole number" if self.kind == "int" else "a number"
        return f"{noun} from {self.low:g} to {self.high:g}"

    def parse(self, value: object) -> Value:
        """Check one value, given as text or as a Python value.

        Raises
        ------
        ParameterError
            If the value has the wrong type or lies outside the range.

        Examples
        --------
        >>> Parameter("n_samples", "int", 20, "Noisy copies", low=1, high=500).parse("50")
        50
        """
        parsed = {
            "int": self._parse_int,
            "float": self._parse_float,
            "bool": self._parse_bool,
            "choice": self._parse_choice,
            "text": self._parse_text,
        }[self.kind](value)
        if parsed is None:
            raise ParameterError(
                f"{self.name} must be {self.expected}. Received: {self.name}={value}. "
                f"The default is {self.default}."
            )
        return parsed

    def _inside(self, number: float) -> bool:
        above = self.low is None or number >= self.low
        return above and (self.high is None or number <= self.high)

    def _parse_int(self, value: object) -> int | None:
        number = self._parse_float(value)
        return int(number) if number is not None and number == int(number) else None

    def _parse_float(self, value: object) -> float | None:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            return None
        try:
            number = float(value)
        except ValueError:
            return None
        return number if math.isfinite(number) and self._inside(number) else None

    def _parse_bool(self, value: object) -> bool | None:
        if isinstance(value, bool):
            return value
        return {"true": True, "false": False}.get(str(value).strip().lower())

    def _parse_choice(self, value: object) -> str | None:
        return value if isinstance(value, str) and value in self.choices else None

    def _parse_text(self, value: object) -> str | None:
        return value.strip() if isinstance(value, str) and len(value) <= _MAX_TEXT else None


def resolve(
    specs: Sequence[Parameter], given: Mapping[str, object], *, owner: str
) -> dict[str, Value]:
    """Fill in defaults and check every value that was given.

    Parameters
    ----------
    specs : sequence of Parameter
        What ``owner`` takes.
    given : mapping
        What the caller passed: text or Python values.
    owner : str
        Name used in the error message, for example a method's id.

    Returns
    -------
    dict
        A value for every spec, in the specs' order.

    Raises
    ------
    ParameterError
        If a name is not among the specs or a value does not fit.
    """
    names = [spec.name for spec in specs]
    unknown = sorted(set(given) - set(names))
    if unknown:
        takes = ", ".join(names) if names else "no parameters"
        raise ParameterError(f"{owner} has no parameter {unknown[0]!r}. It takes: {takes}.")
    return {
        spec.name: spec.parse(given[spec.name]) if spec.name in given else spec.default
        for spec in specs
    }
