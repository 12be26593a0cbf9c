"""Certificates in words: what is proven, of whom, and how it stands beside attacks. Plain text."""

from __future__ import annotations

from core.contracts import Certified, CertifierCard, ClassBias, Norm, count_text
from dashboard.formatting import percent
from dashboard.robustness_text import NORMS, format_eps

__all__ = [
    "compared_text", "class_bias_text", "picture_text", "proven_text", "radius_text",
    "settings_text", "shown_step",
]  # fmt: skip


def radius_text(radius: float, norm: Norm) -> str:
    """Return a radius with its unit and norm.

    Examples
    --------
    >>> radius_text(0.125, "l2"), radius_text(2 / 255, "linf")
    ('0.125 (L2)', '2/255 (L∞)')
    """
    return f"{format_eps(radius, norm)} ({NORMS[norm][0]})"


def shown_step(found: Certified, asked: int) -> int:
    """Return which point of the curve is spoken of: the one asked for, or the middle one."""
    last = len(found.curves[0].points) - 1
    return asked if 0 < asked <= last else max(1, last // 2)


def proven_text(found: Certified, step: int) -> str:
    """Return what is proven at one radius, in a sentence."""
    point = found.curves[0].points[step]
    where = radius_text(point.eps, found.norm)
    so_far = (
        f" So far, on {found.n} of {count_text(found.asked, 'picture')}."
        if found.n < found.asked
        else ""
    )
    if not point.accuracy:
        return (
            f"At radius {where} none of {count_text(point.n, 'picture')} is proven right.{so_far}"
        )
    return (
        f"At radius {where}, {percent(point.accuracy)} are proven right: "
        f"{round(point.accuracy * point.n)} of {count_text(point.n, 'picture')} keep the true "
        f"class whatever is changed within it.{so_far}"
    )


def class_bias_text(leans: ClassBias, card: CertifierCard) -> str:
    """Return that one answer is given too often for its certificates to say much."""
    who = "The model" if card.needs_network else "Under the noise the vote"
    mend = "" if card.needs_network else " Take less noise, or a model that was trained with it."
    return (
        f"{who} answers “{leans.label}” on {leans.answers} of "
        f"{count_text(leans.certified, 'picture')}, where it "
        f"is true of {leans.true}. Who leans to one answer is easily certified, and right wherever "
        f"that answer happens to be true: the curve flatters.{mend}"
    )


def compared_text(card: CertifierCard) -> str:
    """Return how the certified curve and the one under attacks compare."""
    if card.needs_network:
        return (
            "The certificates are of the model itself, so no attack can get below the certified "
            "curve. What lies between the two curves is undecided: neither broken nor proven."
        )
    return (
        "Smoothing certifies the smoothed model, a vote over noisy copies, and not the plain model "
        "that the attacks broke. So the two curves compare only loosely, and the certified one may "
        "even lie above."
    )


def settings_text(found: Certified) -> str:
    """Return how it was certified."""
    values = ", ".join(f"{name} {value:g}" for name, value in found.parameters.items()
                       if isinstance(value, int | float))  # fmt: skip
    return f"{values} · seed {found.seed}" if values else f"seed {found.seed}"


def picture_text(answer: str | None, radius: float, card: CertifierCard, *, true: str = "") -> str:
    """Return what is certain about one picture, in a sentence.

    Parameters
    ----------
    answer : str or None
        Name of the certified class; ``None`` for an abstention.
    true : str
        Name of the true class where it is known.
    """
    if answer is None:
        return f"○ {card.name} abstains: no class is certain enough, so nothing is proven here."
    wrong = f" That is wrong: it is {true}." if true and true != answer else ""
    if not radius:
        return (
            f"○ {answer}, but nothing is proven around this picture. That does not mean that it "
            f"can be broken.{wrong}"
        )
    mark = "✗" if wrong else "✓"
    whose = "The model says" if card.needs_network else "The smoothed model says"
    return (
        f"{mark} {whose} {answer}, whatever is changed by less than "
        f"{radius_text(radius, card.norm)}.{wrong}"
    )
