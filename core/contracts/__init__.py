"""The values that cross rooms and processes: frozen, NumPy and plain Python only.

Requests know their content key; results know how to be stored. Nothing here computes.
"""

from __future__ import annotations

from core.contracts._cards import MethodCard, ModelCard
from core.contracts._requests import ExplainRequest, PredictRequest, Request
from core.contracts._results import Explanation, Prediction, Result
from core.contracts._values import (
    GEOMETRIES,
    Array,
    Artefact,
    Box,
    ClassRef,
    ClassScore,
    Geometry,
    Lane,
    ModelInput,
    ModelRef,
    Picture,
    content_key,
)
from core.parameters import Parameter, Value

__all__ = [
    "GEOMETRIES",
    "Array",
    "Artefact",
    "Box",
    "ClassRef",
    "ClassScore",
    "ExplainRequest",
    "Explanation",
    "Geometry",
    "Lane",
    "MethodCard",
    "ModelCard",
    "ModelInput",
    "ModelRef",
    "Parameter",
    "Picture",
    "PredictRequest",
    "Prediction",
    "Request",
    "Result",
    "Value",
    "content_key",
]
