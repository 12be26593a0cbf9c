"""Requests for models of one's own to be taken in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Literal, get_args

from core import numerals
from core.contracts import ModelChoices, ModelFacts, ModelLookRequest, Outputs, OwnModelRequest
from core.data.registry import open_dataset
from core.errors import InputError, NumeralError
from core.files import no_file
from core.models.fingerprint import versions
from core.models.reading.formats import digest
from core.models.weight_files import checked_name
from core.own_models.ranges import ORDERS, RANGES, Order, Range

__all__ = [
    "looked_facts",
    "model_choices",
    "model_look_request",
    "own_model_request",
    "settled_choices",
]

_KINDS: tuple[Outputs, ...] = get_args(Outputs)
_LIBRARIES = ("numpy", "keras", "tensorflow")
_LAYOUTS = (None, "hwc", "chw")
_SIDES = (8, 1024)


def model_choices(
    *,
    size: str | tuple[int, int] | None = None,
    range: Range | Literal["auto"] = "auto",
    order: Order | None = None,
    output: str = "",
    kind: Outputs | Literal[""] = "",
    classes: Sequence[str] = (),
    layout: Literal["hwc", "chw"] | None = None,
) -> ModelChoices:
    """Return what is said of a model's file, checked.

    Parameters
    ----------
    size : str or tuple of int, optional
        Height and width, ``"224x160"``, where the file leaves them free.
    range : {"auto", "0-1", "0-255", "-1-1", "imagenet", "caffe"}
        What pixels are scaled to before the model sees them.
    order : {"rgb", "bgr"}, optional
    output : str
        Name of the output, where there are several.
    kind : {"", "logits", "probabilities", "sigmoid", "binary", "values"}
        What it ends in; told by its graph if left out.
    classes : sequence of str
        One name an output; two for one sigmoid.
    layout : {"hwc", "chw"}, optional
        Whether channels come last or first, where the shape does not tell.

    Returns
    -------
    ModelChoices

    Raises
    ------
    InputError
        If one is none of these.
    """
    for name, given, known in (
        ("range", range, ("auto", *RANGES)), ("order", order, (None, *ORDERS)),
        ("kind", kind, ("", *_KINDS)), ("layout", layout, _LAYOUTS),
    ):  # fmt: skip
        if given not in known:
            listed = ", ".join(str(each) for each in known if each)
            raise InputError(f"{name} is one of {listed}. Received: {given!r}.")
    return ModelChoices(_size(size), range, order, output, kind, tuple(classes), layout or "")


def _size(given: str | tuple[int, int] | None) -> tuple[int, int] | None:
    if given is None:
        return None
    sides = given.lower().replace("×", "x").split("x") if isinstance(given, str) else list(given)
    try:
        whole = [numerals.whole(side, *_SIDES) for side in sides]
    except NumeralError as error:
        raise InputError(f"size is height x width, such as 224x224: {error}") from error
    if len(whole) != 2:
        raise InputError(f"size is height x width, such as 224x224. Received: {given!r}.")
    return whole[0], whole[1]


def own_model_request(
    path: str | Path,
    *,
    name: str,
    choices: ModelChoices,
    samples: str = "",
    facts: Mapping[str, str] | None = None,
) -> OwnModelRequest:
    """Describe the work of taking a model in from its file.

    Parameters
    ----------
    path : str or path
        A model's file.
    name : str
        For people.
    choices : ModelChoices
        As :func:`model_choices` or :func:`settled_choices` returns them.
    samples : str
        Reference of labelled pictures that came along: kept beside the model, for the audits.
    facts : mapping, optional
        What else its run is to keep, by name.

    Returns
    -------
    OwnModelRequest

    Raises
    ------
    InputError
        If there is no such file, or the name is none.
    """
    file, sha256 = _file(path)
    return OwnModelRequest(
        name=checked_name(name), file=str(file), file_sha256=sha256, choices=choices,
        versions=_versions(), facts={**(facts or {}), **({"samples": samples} if samples else {})},
    )  # fmt: skip


def model_look_request(
    path: str | Path, *, choices: ModelChoices, samples: str = "", picture: str | Path = ""
) -> ModelLookRequest:
    """Describe the work of looking at a model's file, and of trying it on one picture.

    Parameters
    ----------
    path : str or path
        A model's file.
    choices : ModelChoices
        As :func:`model_choices` returns them.
    samples : str
        Reference of a dataset of labelled pictures.
    picture : str or path
        To try it on; the first labelled one by default.

    Returns
    -------
    ModelLookRequest

    Raises
    ------
    InputError
        If there is no such file, or the dataset cannot be read.
    """
    file, sha256 = _file(path)
    tried, tried_digest = ("", "") if not str(picture) else _file(picture, "picture")
    return ModelLookRequest(
        file=str(file), file_sha256=sha256, choices=choices, versions=_versions(), samples=samples,
        samples_fingerprint=open_dataset(samples).fingerprint if samples else "",
        picture=str(tried), picture_sha256=tried_digest,
    )  # fmt: skip


def looked_facts(facts: ModelFacts) -> dict[str, str]:
    """Return what a look told of how pictures are prepared, for the model's run to keep.

    Parameters
    ----------
    facts : ModelFacts
        Of a look.

    Returns
    -------
    dict
        As ``facts`` of :func:`own_model_request`: what a look found out is then stated, and would
        be said to be the owner's word.
    """
    checks = [asdict(each) for each in facts.checks if each.id in ("samples", "preprocessing")]
    rows = [asdict(each) for each in facts.preprocessing]
    return {"looked": json.dumps({"checks": checks, "preprocessing": rows})} if checks else {}


def settled_choices(choices: ModelChoices, facts: ModelFacts) -> ModelChoices:
    """Return choices with what was found out put in the place of what was left open.

    Parameters
    ----------
    choices : ModelChoices
        That a file was looked at with.
    facts : ModelFacts
        What that told.

    Returns
    -------
    ModelChoices
    """
    named = facts.classes if facts.named else ()
    order: Order | None = "bgr" if facts.order == "bgr" else choices.order
    return replace(choices, range=facts.range, order=order, classes=named)


def _file(path: str | Path, kind: str = "model") -> tuple[Path, str]:
    file = Path(path).expanduser()
    if not file.is_dir() and (what := no_file(file)):
        raise InputError(f"There is no {kind} file {str(path)!r}: it {what}.")
    return file.resolve(), digest(file)


def _versions() -> dict[str, str]:
    used = versions()
    return {library: used[library] for library in _LIBRARIES}
