"""Commands about robustness: robustness, attacks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Annotated, Any, cast

import typer

from core import api
from core.cli._common import (
    Classes,
    JsonFlag,
    Model,
    Seed,
    Terminal,
    Weights,
    app,
    emit,
    parameter_pairs,
)
from core.contracts import Norm, RobustCurve, Robustness, SplitName
from core.errors import ParameterError

__all__: list[str] = []


@app.command()
def robustness(
    dataset: Annotated[
        str, typer.Option(help="Such as portraits?bias=0.9, or a folder; see 'datasets'.")
    ],
    model: Model = api.DEFAULT_MODEL,
    split: Annotated[str, typer.Option(help="train, validation or test.")] = "test",
    limit: Annotated[
        int | None, typer.Option(min=1, help="So many pictures, spread over the split.")
    ] = None,
    attack: Annotated[
        list[str] | None,
        typer.Option(help="Id of an attack, or several by commas; see 'attacks'. Repeatable."),
    ] = None,
    norm: Annotated[str, typer.Option(help="linf, l2, l1, or area (patches).")] = "linf",
    eps: Annotated[
        list[str] | None,
        typer.Option(help="Such as 1/255,4/255; by default it doubles until nothing is left."),
    ] = None,
    by: Annotated[
        str | None, typer.Option(help="Attribute that subgroups are formed by, or 'class'.")
    ] = None,
    param: Annotated[list[str], typer.Option(help="A parameter as attack.name=value.")] = [],  # noqa: B006
    rounding: Annotated[
        bool, typer.Option(help="Judge pictures rounded to 8 bits as well.")
    ] = True,
    checks: Annotated[bool, typer.Option(help="Examine the attacks themselves.")] = True,
    surrogate: Annotated[
        str | None, typer.Option(help="Model whose adversarial pictures are tried on this one.")
    ] = None,
    weights: Weights = "pretrained",
    classes: Classes = None,
    seed: Seed = 0,
    json_: JsonFlag = False,
) -> None:
    """Measure how accuracy falls with ε, for whom, and whether the attacks can be believed."""
    found = api.robustness(
        dataset,
        model=model,
        split=cast(SplitName, split),  # an unknown one is told there, like the norm
        limit=limit,
        attacks=_words(attack),
        norm=cast(Norm, norm),
        eps=_words(eps) or "auto",
        by=by,
        parameters=_by_attack(param),
        rounding=rounding,
        checks=checks,
        surrogate=surrogate,
        weights=weights,
        classes=None if classes is None else str(classes),
        seed=seed,
        control=Terminal(),
    )
    emit(_document(found), json_, lambda: _report(found))


@app.command()
def attacks(json_: JsonFlag = False) -> None:
    """List the attacks with their norms and parameters."""
    cards = api.attacks()

    def lines() -> Iterator[str]:
        for card in cards:
            needs = "" if card.needs_gradients else "; no gradients needed"
            yield f"{card.id:18} {card.summary} ({', '.join(card.norms)}{needs})"
            for p in card.parameters:
                yield (
                    f"{'':18}   --param {card.id}.{p.name}=… ({p.expected}; default {p.default}): "
                    f"{p.help}"
                )

    emit({"attacks": [asdict(card) for card in cards]}, json_, lines)


def _words(given: Sequence[str] | None) -> list[str] | None:
    """Return what was given once or often, by commas or spaces; ``None`` where nothing was."""
    if given is None:
        return None
    words = [word for text in given for word in text.replace(",", " ").split()]
    return None if words == ["auto"] else words


def _by_attack(pairs: Sequence[str]) -> dict[str, dict[str, object]]:
    given: dict[str, dict[str, object]] = {}
    for name, value in parameter_pairs(pairs).items():
        attack, dot, parameter = name.partition(".")
        if not dot or not parameter:
            raise ParameterError(
                f"--param takes attack.name=value, such as pgd.steps=20. Received: {name}={value}."
            )
        given.setdefault(attack, {})[parameter] = value
    return given


def _curve(curve: RobustCurve) -> dict[str, Any]:
    return {
        "attack": curve.attack,
        "norm": curve.norm,
        "group": curve.group or None,
        "points": [asdict(point) for point in curve.points],
        "median_distance": curve.median_distance,
        "mean_distance": curve.mean_distance,
        "area": curve.area,
    }


def _document(found: Robustness) -> dict[str, Any]:
    return {
        "model": found.model,
        "weights_sha256": found.weights_sha256,
        "dataset": found.dataset,
        "split": found.split,
        "n": found.n,
        "clean_accuracy": found.clean_accuracy,
        "by": found.by or None,
        "curves": [_curve(curve) for curve in found.curves],
        "worst_case": [_curve(curve) for curve in found.worst_case],
        "gaps": [asdict(gap) | {"beyond_chance": gap.beyond_chance} for gap in found.gaps],
        "checks": [
            {"id": c.id, "passed": c.passed, "detail": c.detail, "figures": c.figures}
            for c in found.checks
        ],
        "trustworthy": found.trustworthy,
        "seed": found.seed,
        "command": found.command,
        "device": found.device,
        "cached": found.cached,
        "seconds": found.seconds,
    }


def _report(found: Robustness) -> Iterator[str]:
    yield (
        f"{found.model} on {found.n} {found.split} pictures of {found.dataset}: "
        f"{found.clean_accuracy:.1%} right unharmed"
    )
    for curve in (*found.curves, *found.worst_case):
        who = f" [{curve.group}]" if curve.group else ""
        middle = (
            ""
            if curve.median_distance is None
            else f"  median {_eps(curve.median_distance, curve.norm)}"
        )
        yield f"{curve.attack}{who}, {curve.norm}{middle}"
        for p in curve.points:
            whole = "" if p.rounded is None else f"  in 8 bits {p.rounded:6.1%}"
            interval = f"[{p.low:.1%}, {p.high:.1%}]"
            yield f"  ε {_eps(p.eps, curve.norm):>10}  {p.accuracy:6.1%} {interval}{whole}"
    for gap in found.gaps:
        verdict = "beyond chance" if gap.beyond_chance else "chance makes such gaps"
        yield (
            f"gap at ε {_eps(gap.eps, found.norm)}: {gap.best} − {gap.worst} = "
            f"{gap.difference:.1%} [{gap.low:.1%}, {gap.high:.1%}], p {gap.p:.4f}: {verdict}"
        )
    for check in found.checks:
        mark = {True: "passed", False: "FAILED", None: "–"}[check.passed]
        yield f"{mark:>6}  {check.name}: {check.detail}"
    if found.checks:
        yield "The curve can be believed." if found.trustworthy else "Do not trust this curve."


def _eps(value: float, norm: str) -> str:
    return f"{value * 255:.3g}/255" if norm == "linf" else f"{value:.4g}"
