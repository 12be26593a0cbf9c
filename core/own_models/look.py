"""The work behind a :class:`ModelLookRequest`: what a file holds, tried on one picture."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.contracts import (
    ClassScore,
    ModelFacts,
    ModelLook,
    ModelLookRequest,
    OutputValue,
    Picture,
    TriedPicture,
)
from core.data.picture import picture_part
from core.data.registry import open_dataset
from core.errors import ModelFileError
from core.modalities.picture import images
from core.modalities.picture.modality import PICTURE
from core.models.device import describe_device
from core.models.network import configure_devices
from core.models.reading.formats import digest
from core.own_models.inspecting import opened
from core.own_models.understood import Understood
from core.parameters import resolve
from core.saliency.base import Problem
from core.saliency.registry import METHODS
from core.targets.base import Probability, probabilities

if TYPE_CHECKING:
    from core.contracts import Value
    from core.control import Control

__all__ = ["look"]

_BEST = 3
_PROBABILITY: Mapping[str, Probability] = {"values": "", "sigmoid": "sigmoid"}
"""Of what outputs stand for; of all others the classes exclude each other."""


def look(requests: Sequence[ModelLookRequest], control: Control) -> list[ModelLook]:
    """Open each file, understand it, and try it on one picture; nothing is taken in.

    Raises
    ------
    InputError
        If a file has changed, or is refused.
    """
    return [_one(request, control) for request in requests]


def _one(request: ModelLookRequest, control: Control) -> ModelLook:
    control.check()
    control.progress(0.05, "opening the file")
    began = time.perf_counter()
    configure_devices()
    file = Path(request.file)
    if not file.exists() or digest(file) != request.file_sha256:
        raise ModelFileError(f"{file.name} is gone or has changed since this was asked: ask again.")
    with opened(file, request.choices, samples=request.samples) as found:
        control.check()
        control.progress(0.7, "trying it on a picture")
        chosen = _picture(request)
        tried = None if chosen is None else _tried(found, *chosen, control)
    return ModelLook(
        key=request.key, model="", weights_sha256=request.file_sha256, device=describe_device(),
        versions=request.versions, seconds=time.perf_counter() - began, facts=found.facts,
        tried=tried,
    )  # fmt: skip


def _method(facts: ModelFacts) -> str:
    return "gradcam" if facts.gradients and facts.feature_layer else "occlusion"


def _picture(request: ModelLookRequest) -> tuple[Picture, str] | None:
    """Return a picture to try a model on, and its class where that is known."""
    if request.picture:
        return images.open_picture(Path(request.picture)), ""
    if not request.samples:
        return None
    dataset = open_dataset(request.samples)
    part = picture_part(next(iter(dataset.parts.values())))
    return part.picture(0), dataset.classes[int(part.labels[0])]


def _tried(found: Understood, picture: Picture, truth: str, control: Control) -> TriedPicture:
    facts = found.facts
    shape = (facts.height, facts.width, facts.channels)
    given = images.to_input(picture, shape=shape)
    inputs = given.tensor()[None]
    passes = found.passes()
    logits = passes.logits(inputs)
    kind = _PROBABILITY.get(facts.kind, "softmax")
    said = probabilities(kind, logits)[0] if kind else logits[0]
    best = np.argsort(-said, kind="stable")[:_BEST] if kind else np.arange(min(_BEST, said.size))
    score = ClassScore if kind else OutputValue
    directions = np.zeros_like(logits)
    directions[0, best[0]] = 1
    method = METHODS.find(_method(facts))()
    parameters: Mapping[str, Value] = resolve(method.parameters, {}, owner=method.id)
    problem = Problem(passes, inputs, directions, None, 0, control, PICTURE, kind)
    return TriedPicture(
        name=picture.name,
        truth=truth,
        pixels=given.pixels,
        scores=tuple(score(int(i), facts.classes[i], float(said[i])) for i in best),
        method=method.id,
        map=method.explain(problem, parameters)[0].map,
        signed=method.is_signed(parameters),
    )
