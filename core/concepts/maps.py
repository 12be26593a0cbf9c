"""Where in one picture the concepts of a class are."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.concepts.craft import bank_of
from core.concepts.nmf import coefficients
from core.contracts import Array, ConceptMaps, ConceptMapsRequest, Concepts
from core.modalities.picture.resample import upsample
from core.models.runtime import Runtime, runtime_of

if TYPE_CHECKING:
    from core.control import Control

__all__ = ["concept_maps"]


def concept_maps(requests: Sequence[ConceptMapsRequest], control: Control) -> list[ConceptMaps]:
    """Read pictures with one bank of concepts, which is found first if it is not stored.

    Raises
    ------
    InputError
        If the bank cannot be found; see :func:`core.concepts.craft.concepts`.
    """
    first = requests[0]
    bank = bank_of(first.concepts, control)
    model = runtime_of(first)
    began = time.perf_counter()
    inputs = np.stack([request.input.tensor() for request in requests])
    logits, features = model.features(inputs, first.concepts.layer)
    seconds = (time.perf_counter() - began) / len(requests)
    return [
        _one(request, model, bank, row, float(scores[bank.target.index]), seconds)
        for request, row, scores in zip(requests, features, logits, strict=True)
    ]


def _one(
    request: ConceptMapsRequest,
    model: Runtime,
    bank: Concepts,
    features: Array,
    logit: float,
    seconds: float,
) -> ConceptMaps:
    height, width, channels = features.shape
    found = coefficients(features.reshape(-1, channels), bank.bank)
    size = model.spec.side
    levels = np.array([concept.level for concept in bank.concepts], np.float32)
    strengths = found.mean(axis=0) / np.maximum(levels, 1e-12)
    return ConceptMaps(
        **model.provenance(request),
        target=bank.target,
        layer=bank.layer,
        maps=upsample(
            np.ascontiguousarray(found.T).reshape(-1, height, width), (size, size)
        ).astype(np.float32),
        strengths=strengths.astype(np.float32),
        logit=logit,
        seconds=seconds,
    )
