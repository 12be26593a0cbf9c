"""Typed parameter specifications.

One description serves the method, the command line (``--param name=value``) and the widgets of
the dashboard: nothing else in the house knows a parameter's range.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from core import numerals
from core.errors import NumeralError, ParameterError

__all__ = ["OfferedChoice", "Parameter", "Value", "format_eps", "resolve"]

Value = int | float | str | bool
Kind = Literal["int", "float", "choice", "bool", "text", "epsilon"]
_MAX_TEXT = 64
_ROUNDING = 1e-9


def format_eps(distance: float) -> str:
    """Return a distance between pixels in [0, 1] as people write it.

    >>> format_eps(8 / 255), format_eps(0.25 / 255)
    ('8/255', '0.25/255')
    """
    return f"{distance * 255:.6g}/255"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a method: its type, range, default and meaning.

    Parameters
    ----------
    name : str
        Identifier, as used in ``--param name=value`` and in URLs.
    kind : {"int", "float", "choice", "bool", "text", "epsilon"}
        Type of the value; a text is a name of at most 64 characters, or empty. An epsilon is a
        distance between pixels in [0, 1], given as a number or a fraction, and told as ``"8/255"``.
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

    def offered(self, choices: Mapping[str, tuple[str, ...]]) -> Parameter:
        """Return the parameter for a kind of input: itself, but see :class:`OfferedChoice`."""
        del choices
        return self

    @property
    def expected(self) -> str:
        """The allowed values in words, for messages and ``--help``."""
        if self.kind == "choice":
            return "one of " + ", ".join(self.choices)
        if self.kind == "bool":
            return "true or false"
        if self.kind == "text":
            return f"a name of at most {_MAX_TEXT} characters, or nothing"
        if self.kind == "epsilon":
            ends = f"from {format_eps(self.low or 0.0)} to {format_eps(self.high or 1.0)}"
            return f"a distance between pixels in [0, 1] {ends}"
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
            "epsilon": self._parse_epsilon,
        }[self.kind](value)
        if parsed is None:
            raise ParameterError(
                f"{self.name} must be {self.expected}. Received: "
                f"{self.name}={numerals.excerpt(value)}{self._hint(value) or '.'} "
                f"The default is {self.default}."
            )
        return parsed

    def _parse_int(self, value: object) -> int | None:
        try:
            return numerals.whole(value, self.low, self.high)
        except NumeralError:
            return None

    def _parse_float(self, value: object) -> float | None:
        try:
            return float(numerals.number(value, self.low, self.high))
        except (NumeralError, OverflowError):
            return None

    def _parse_epsilon(self, value: object) -> str | None:
        try:
            distance = numerals.fraction(value)
        except NumeralError:
            return None
        within = (self.low or 0.0) - _ROUNDING <= distance <= (self.high or 1.0) + _ROUNDING
        return format_eps(distance) if within else None

    def _hint(self, value: object) -> str:
        """Return what was meant, where levels of 8 bits were given for an epsilon."""
        if self.kind != "epsilon" or "/" in str(value):
            return ""
        try:
            levels = numerals.number(value, 0, 255)
        except NumeralError:
            return ""
        meant = self._parse_epsilon(f"{levels}/255")
        return "" if meant is None else f"; did you mean {self.name}={meant}?"

    def _parse_bool(self, value: object) -> bool | None:
        if isinstance(value, bool):
            return value
        return {"true": True, "false": False}.get(str(value).strip().lower())

    def _parse_choice(self, value: object) -> str | None:
        return value if isinstance(value, str) and value in self.choices else None

    def _parse_text(self, value: object) -> str | None:
        return value.strip() if isinstance(value, str) and len(value) <= _MAX_TEXT else None


@dataclass(frozen=True, slots=True)
class OfferedChoice(Parameter):
    """A choice among what the kind of input offers.

    Parameters
    ----------
    source : str
        Where the choices come from: a key of :attr:`core.modalities.base.Modality.choices`. Names
        of its lists in braces are spelled out in the help.
    """

    source: str = ""

    def offered(self, choices: Mapping[str, tuple[str, ...]]) -> Parameter:
        """Return the choice with the names that a kind of input offers.

        The default is the first of them where the declared one is not among them.
        """
        names = choices[self.source]
        default = self.default if self.default in names else names[0]
        help = self.help.format(**{key: ", ".join(each) for key, each in choices.items()})
        return Parameter(self.name, self.kind, default, help, choices=names)


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
