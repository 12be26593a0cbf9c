"""The command about certificates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from core import api
from core.contracts import Certified, PictureCertificate, SplitName
from core.errors import InputError
from core.robustness.epsilons import AUTO, eps_text
from core.terminal.folders import DepthName, opened
from core.terminal.lists import words
from core.terminal.options import (
    Classes,
    GeometryName,
    JsonFlag,
    Model,
    Seed,
    SliceText,
    Terminal,
    Weights,
    app,
    checked_geometry,
    emit,
    number,
    parameter_pairs,
    tell_dataset,
    whole,
)

__all__: list[str] = []


@app.command()
def certify(
    image: Annotated[Path | None, typer.Argument(help="One picture.")] = None,
    dataset: Annotated[
        str | None, typer.Option(help="Certify a split instead; see 'datasets'.")
    ] = None,
    model: Model = api.DEFAULT_MODEL,
    method: Annotated[
        str, typer.Option(help="smoothing (L2, any model) or ibp (L∞, small networks).")
    ] = "smoothing",
    sigma: Annotated[
        float | None, number(help="Standard deviation of the noise (smoothing).")
    ] = None,
    n0: Annotated[
        int | None, whole("--n0", help="Noisy copies that choose the class (smoothing).")
    ] = None,
    n: Annotated[
        int | None, whole("--n", help="Noisy copies that are counted (smoothing).")
    ] = None,
    alpha: Annotated[
        float | None, number(help="Probability that a certificate is wrong (smoothing).")
    ] = None,
    param: Annotated[list[str], typer.Option(help="A parameter as name=value.")] = [],  # noqa: B006
    radii: Annotated[
        list[str] | None,
        typer.Option(help="Of the curve, such as 1/255,4/255; by default up to where it ends."),
    ] = None,
    split: Annotated[str, typer.Option(help="train, validation or test.")] = "test",
    limit: Annotated[
        int | None, whole(low=1, help="So many pictures, drawn from the split.")
    ] = None,
    by: Annotated[
        str | None, typer.Option(help="Attribute that subgroups are formed by, or 'class'.")
    ] = None,
    slice_: SliceText = None,
    weights: Weights = "pretrained",
    classes: Classes = None,
    geometry: GeometryName = "crop",
    depth: DepthName = "auto",
    seed: Seed = 0,
    json_: JsonFlag = False,
) -> None:
    """Say within what radius no perturbation changes a model's answer."""
    given = {"sigma": sigma, "n0": n0, "n": n, "alpha": alpha}
    common: dict[str, Any] = {
        "model": model,
        "method": method,
        "parameters": {name: value for name, value in given.items() if value is not None}
        | parameter_pairs(param),
        "weights": weights,
        "classes": None if classes is None else str(classes),
        "seed": seed,
    }
    if dataset is None:
        _refuse({"--radii": radii, "--limit": limit, "--by": by, "--slice": slice_})
        if image is None:
            raise InputError("Nothing to certify: name a picture or a --dataset.")
        request = api.certify_picture_request(
            opened(image, depth), geometry=checked_geometry(geometry), **common
        )
        one = api.certify_picture(request, control=Terminal())
        emit(_picture_document(image, one), json_, lambda: _picture_lines(one))
        return
    if image is not None:
        raise InputError(f"Give a picture or --dataset, not both: {image}, {dataset}.")
    if geometry != "crop":
        raise InputError("A dataset is certified with --geometry crop alone.")
    found = api.certify(
        dataset,
        radii=_radii(radii),
        split=cast(SplitName, split),
        limit=limit,
        by=by,
        slice=slice_,
        control=Terminal(),
        **common,
    )
    emit(api.certified_document(found), json_, lambda: _lines(found))
    tell_dataset(dataset)


def _refuse(given: dict[str, object]) -> None:
    names = [name for name, value in given.items() if value is not None]
    if names:
        raise InputError(f"{names[0]} goes with --dataset alone.")


def _radii(given: Sequence[str] | None) -> str | list[str]:
    found = words(given)
    return AUTO if found is None or found == [AUTO] else found


def _picture_document(image: Path, found: PictureCertificate) -> dict[str, Any]:
    return {
        "image": str(image),
        "key": found.key,
        "model": found.model,
        "method": found.method,
        "norm": found.norm,
        "parameters": found.parameters,
        "model_answer": asdict(found.predicted),
        "answer": None if found.answer is None else asdict(found.answer),
        "radius": found.radius,
        "facts": found.facts,
        "seed": found.seed,
        "command": found.command,
        "device": found.device,
        "cached": found.cached,
        "seconds": found.seconds,
    }


def _picture_lines(found: PictureCertificate) -> Iterator[str]:
    if found.answer is None:
        yield f"{found.method} abstains: nothing is certain about this picture."
    elif not found.radius:
        yield (
            f"{found.answer.label}, but {found.method} proves nothing around this picture, which "
            "does not mean that it can be broken."
        )
    else:
        yield (
            f"{found.answer.label}, whatever is changed by less than "
            f"{eps_text(found.radius, found.norm)} in {found.norm}"
        )
    for name, value in found.facts.items():
        yield f"  {name} {value:g}"


def _lines(found: Certified) -> Iterator[str]:
    yield (
        f"{found.model} on {found.n} {found.split} pictures of {found.dataset}: "
        f"{found.clean_accuracy:.1%} right unharmed; {found.method} abstains on "
        f"{found.abstained:.1%}, average radius {eps_text(found.average_radius, found.norm)}"
    )
    if (leans := api.class_bias(found)) is not None:
        yield (
            f"{leans.answers} of {leans.certified} certified answers are “{leans.label}”, which is "
            f"true of {leans.true} of these: who leans to one answer is easily certified"
        )
    for curve in found.curves:
        yield f"certified{f' [{curve.group}]' if curve.group else ''}, {found.norm}"
        for p in curve.points:
            yield (
                f"  radius {eps_text(p.eps, found.norm):>10}  {p.accuracy:6.1%} "
                f"[{p.low:.1%}, {p.high:.1%}]"
            )
    for gap in found.gaps:
        verdict = "beyond chance" if gap.beyond_chance else "chance makes such gaps"
        yield (
            f"gap at {eps_text(gap.eps, found.norm)}: {gap.best} − {gap.worst} = "
            f"{gap.difference:.1%} [largest true gap {gap.low:.1%} to {gap.high:.1%}], "
            f"p {gap.p:.4f}: {verdict}"
        )
