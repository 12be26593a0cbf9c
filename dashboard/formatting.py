"""Numbers and captions in words: pure functions from results to plain text."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from core.contracts import Explanation, MethodCard, ModalityCard

__all__ = [
    "better",
    "code",
    "caption",
    "duration",
    "error_text",
    "errors_line",
    "escape",
    "interval",
    "number",
    "p_value",
    "percent",
    "said_of",
    "score_text",
    "small_p",
    "target_text",
    "tenths",
    "time_left",
]

_OPTION = re.compile(r'\s*\(--(?:"[^"]*"|[^()"])*\)')
_NO_BREAK = "\N{NO-BREAK SPACE}"
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
_SPECIAL = set("\\`*_{}[]()<>#+-.!|~$:&@\"'/=^")


def escape(text: str) -> str:
    r"""Return ``text`` so that Streamlit's Markdown shows it as it is.

    Names come from strangers (file names, class files): no emphasis, link, HTML, LaTeX, colour
    directive or icon may come to life in them. Line breaks become spaces, and what turns round the
    direction of all that follows is shown as a character that is none.

    Examples
    --------
    >>> escape(":red[x]") == "&#58;red&#91;x&#93;"
    True
    >>> escape("a\u202egnp") == "a\ufffdgnp"
    True
    """
    line = _TURNING.sub("\ufffd", " ".join(text.split()))
    return "".join(f"&#{ord(c)};" if c in _SPECIAL else c for c in line)


def error_text(error: Exception | str) -> str:
    """Return an error for visitors of a page, who have no command line. Plain text.

    Errors name options in brackets of their own: those go, the sentence stays.

    Examples
    --------
    >>> error_text("Name the positive class (--positive VALUE): the others count as negative.")
    'Name the positive class: the others count as negative.'
    """
    return _OPTION.sub("", str(error))


def code(text: str) -> str:
    """Return ``text`` as a Markdown code span.

    Examples
    --------
    >>> code("a_b`c")
    '`a_bc`'
    """
    return f"`{' '.join(text.replace('`', '').split())}`"


def number(value: float) -> str:
    """Return three significant digits, with a true minus sign.

    Examples
    --------
    >>> number(0.0123456), number(-9.614), number(9.996), number(0.0)
    ('0.0123', '−9.61', '10.0', '0')
    """
    if value == 0:
        return "0"
    if not math.isfinite(value):
        return "not finite"
    magnitude = abs(value)
    if 1e-4 <= magnitude < 1e7:
        rounded = float(f"{magnitude:.3g}")  # first, because 9.996 has one digit more than it seems
        text = f"{rounded:,.{max(0, 2 - math.floor(math.log10(rounded)))}f}"
        text = text.replace(",", "\N{NARROW NO-BREAK SPACE}")
    else:
        mantissa, exponent = f"{magnitude:.2e}".split("e")
        text = f"{mantissa}·10{str(int(exponent)).translate(_RAISED)}"
    return ("−" if value < 0 else "") + text


def percent(share: float) -> str:
    """Return a share in [0, 1] in per cent, honest at both ends.

    Examples
    --------
    >>> [percent(share).split() for share in (0.6123, 0.00004, 0.99996)]
    [['61.2', '%'], ['<', '0.01', '%'], ['>', '99.9', '%']]
    """
    text = number(share * 100)
    if 0 < share < 1e-4:
        text = "< 0.01"
    elif 0.9995 <= share < 1:
        text = "> 99.9"
    return text.replace(" ", _NO_BREAK) + _NO_BREAK + "%"


def interval(low: float, high: float) -> str:
    """Return an interval of a share in [0, 1], its unit once.

    Examples
    --------
    >>> interval(0.49, 0.943).split()
    ['49.0', 'to', '94.3', '%']
    """
    return f"{number(low * 100)} to {percent(high)}"


def tenths(share: float) -> str:
    """Return a share in per cent with one decimal whatever its size, for marks on a line."""
    return f"{share:.1%}"


def p_value(p: float) -> str:
    """Return a p with its sign, two digits of it.

    Examples
    --------
    >>> p_value(0.004), p_value(0.0512), p_value(0.998)
    ('< .01', '= .05', '= 1')
    """
    if p < 0.01:
        return "< .01"
    return "= 1" if p >= 0.995 else f"= {p:.2f}".replace("0.", ".")


def small_p(p: float) -> str:
    """Return a p that is often very small, two significant digits of it."""
    return "less than 0.0001" if p < 1e-4 else f"{p:.2g}"


_SAID = re.compile(r"\b(picture|pixel)(s?)\b", re.IGNORECASE)


def said_of(text: str, kind: ModalityCard) -> str:
    """Return a sentence about pictures and pixels as one about another kind of source.

    Examples
    --------
    >>> from dataclasses import replace
    >>> of_pictures = ModalityCard("picture", "picture", "pixel", "", (), (), {})
    >>> trace = replace(of_pictures, id="trace", source="trace", site="sample")
    >>> said_of("Pictures differ in a pixel.", trace)
    'Traces differ in a sample.'
    """
    names = {"picture": kind.source, "pixel": kind.site}

    def said(found: re.Match[str]) -> str:
        word = names[found[1].lower()]
        return (word.capitalize() if found[1][0].isupper() else word) + found[2]

    return _SAID.sub(said, text)


def better(higher: bool | None) -> str:
    """Return which end of a metric is the better one."""
    if higher is None:
        return "neither end is better"
    return "higher is better" if higher else "lower is better"


def duration(seconds: float) -> str:
    """Return a time that something took.

    Examples
    --------
    >>> duration(0.0312), duration(7.04), duration(125)
    ('31 ms', '7.0 s', '2 min 5 s')
    """
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds // 60)} min {int(seconds % 60)} s"


def time_left(seconds: float | None) -> str:
    """Return an estimate of the time left, rounded up so that it rarely disappoints."""
    if seconds is None:
        return ""
    return f"about {duration(max(1.0, math.ceil(seconds))).replace('.0 s', ' s')} left"


def target_text(explanation: Explanation) -> str:
    """Return what is explained: a class, or one class rather than another."""
    target = explanation.target.label
    if explanation.against is None:
        return target
    return f"{target} rather than {explanation.against.label}"


def score_text(explanation: Explanation) -> str:
    """Return the explained number with its name."""
    name = "logit" if explanation.against is None else "difference of logits"
    return f"{name} {number(explanation.logit)}"


_ENDS = {
    "percentile": " (99th percentile of |map|)",
    "maximum": " (maximum of |map|: over 99 % of the map is 0)",
}


def caption(
    explanation: Explanation, card: MethodCard, limits: tuple[float, float], ends: str
) -> str:
    """Return the line under a map: method, target, layer, scale, time. Plain text.

    ``limits`` and ``ends`` are those of the map's overlay: the scale, and what its ends are.
    """
    parts = [
        f"{card.name} for {target_text(explanation)} ({score_text(explanation)})",
        f"layer {explanation.layer}" if explanation.layer else "",
        f"scale {number(limits[0])} to {number(limits[1])}{_ENDS.get(ends, '')}",
        f"seed {explanation.seed}" if card.random else "",
        f"{duration(explanation.seconds)} on {explanation.device}",
    ]
    return " · ".join(part for part in parts if part)


def errors_line(explanation: Explanation) -> str:
    """Return the errors that a method knows of its own map; ``""`` if it knows none.

    Both errors where completeness is promised; the agreement of two halves of the samples where
    the map is sampled.
    """
    figures = explanation.diagnostics
    relative, absolute = explanation.completeness_error, figures.get("absolute_error")
    if relative is None and absolute is None:
        return _sampling_line(figures)
    errors = [] if relative is None else [percent(relative)]
    if absolute is not None:
        off = number(float(absolute))
        errors.append(f"{off} logit from a baseline that scores as the picture does")
    text = f"Completeness error {' and '.join(errors)}"
    if "absolute_defect" in figures:
        text += f", summed defect along the path {percent(float(figures['absolute_defect']))}"
    if "gradient_passes" in figures:
        text += f", after {figures['gradient_passes']} gradient passes"
    if figures.get("converged") is False:
        text += ". The passes ran out before the tolerance was met: allow more of them"
    return text + "."


def _sampling_line(figures: Mapping[str, float | int | str | bool]) -> str:
    """Return how far a sampled map has converged, and what it cost."""
    if "forward_passes" not in figures:
        return ""
    passes = f"{figures['forward_passes']} forward passes"
    if figures.get("constant_response"):
        return f"{passes}: whatever was hidden, the score stayed the same up to rounding."
    if "halves_correlation" not in figures:
        return f"{passes}."
    text = (
        f"{passes}: the maps of two halves of the samples have a rank correlation of "
        f"{number(float(figures['halves_correlation']))} "
        f"({number(float(figures['correlation_sought']))} sought), the standard error is "
        f"{percent(float(figures['relative_standard_error']))} of the map's spread"
    )
    verdict = "Converged" if figures["converged"] else "Not converged: take more samples"
    return f"{text}. {verdict}."
