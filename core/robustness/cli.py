"""robustness: how accuracy falls under attacks; attacks: what there is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Annotated, cast

import typer

from core import api
from core.contracts import Norm, Robustness, SplitName
from core.errors import ParameterError
from core.robustness.epsilons import AUTO, eps_text
from core.terminal.lists import ListCommand, words
from core.terminal.options import (
    Classes,
    JsonFlag,
    Model,
    Seed,
    SliceText,
    Terminal,
    Weights,
    app,
    emit,
    parameter_pairs,
    tell_broken,
    tell_dataset,
    whole,
)

__all__: list[str] = []


@app.command(cls=ListCommand)
def robustness(
    dataset: Annotated[
        str, typer.Option(help="Such as portraits?bias=0.9, or a folder; see 'datasets'.")
    ],
    model: Model = api.DEFAULT_MODEL,
    split: Annotated[str, typer.Option(help="train, validation or test.")] = "test",
    limit: Annotated[
        int | None, whole(low=1, help="So many pictures, drawn from the split.")
    ] = None,
    attack: Annotated[
        list[str] | None,
        typer.Option(help="Id of an attack, or several; see 'attacks'."),
    ] = None,
    norm: Annotated[str, typer.Option(help="linf, l2, l1, or area (patches).")] = "linf",
    eps: Annotated[
        list[str] | None,
        typer.Option(help="Such as 1/255 4/255; by default it doubles until nothing is left."),
    ] = None,
    by: Annotated[
        str | None, typer.Option(help="Attribute that subgroups are formed by, or 'class'.")
    ] = None,
    slice_: SliceText = None,
    param: Annotated[list[str], typer.Option(help="A parameter as attack.name=value.")] = [],  # noqa: B006
    rounding: Annotated[
        bool, typer.Option(help="Judge pictures rounded to 8 bits as well.")
    ] = True,
    checks: Annotated[bool, typer.Option(help="Examine the attacks themselves.")] = True,
    surrogate: Annotated[
        str | None, typer.Option(help="Model whose adversarial pictures are tried on this one.")
    ] = None,
    target: Annotated[
        str,
        typer.Option(
            help="untargeted (any wrong class), least-likely, top-5 (the true class is no longer "
            "among so many), or a class that pictures shall be taken for."
        ),
    ] = "untargeted",
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
        attacks=words(attack),
        norm=cast(Norm, norm),
        eps=_epsilons(eps),
        by=by,
        slice=slice_,
        parameters=_by_attack(param),
        rounding=rounding,
        checks=checks,
        surrogate=surrogate,
        target=target,
        weights=weights,
        classes=None if classes is None else str(classes),
        seed=seed,
        control=Terminal(),
    )
    emit(api.robustness_document(found), json_, lambda: _report(found))
    tell_dataset(dataset)


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
    tell_broken("attacks")


def _epsilons(given: Sequence[str] | None) -> str | list[str]:
    """Return the ε as they were written; "auto" alone, or nothing, is the automatic grid."""
    found = words(given)
    return AUTO if found is None or found == [AUTO] else found


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


def _report(found: Robustness) -> Iterator[str]:
    yield (
        f"{found.model} on {found.n} {found.split} pictures of {found.dataset}: "
        f"{found.clean_accuracy:.1%} right unharmed"
    )
    if found.target:
        yield f"Target: {found.target}. Below, the share that is right and does not reach it."
    for curve in (*found.curves, *found.worst_case):
        who = f" [{curve.group}]" if curve.group else ""
        middle = (
            ""
            if curve.median_distance is None
            else f"  median {eps_text(curve.median_distance, curve.norm)}"
        )
        yield f"{curve.attack}{who}, {curve.norm}{middle}"
        for p in curve.points:
            whole = "" if p.rounded is None else f"  in 8 bits {p.rounded:6.1%}"
            interval = f"[{p.low:.1%}, {p.high:.1%}]"
            yield f"  ε {eps_text(p.eps, curve.norm):>10}  {p.accuracy:6.1%} {interval}{whole}"
    for gap in found.gaps:
        verdict = "beyond chance" if gap.beyond_chance else "chance makes such gaps"
        yield (
            f"gap at ε {eps_text(gap.eps, found.norm)}: {gap.best} − {gap.worst} = "
            f"{gap.difference:.1%} [largest true gap {gap.low:.1%} to {gap.high:.1%}], "
            f"p {gap.p:.4f}: {verdict}"
        )
    for check in found.checks:
        mark = {True: "✓ passed", False: "✗ failed", None: "○ not made"}[check.passed]
        yield f"{mark:10}  {check.name}: {check.detail}"
    yield found.verdict
