"""The values that cross rooms and processes: frozen, NumPy and plain Python only.

Requests know their content key; results know how to be stored. Nothing here computes.
"""

from __future__ import annotations

from core.contracts._cards import MethodCard, ModelCard
from core.contracts._codec import Stored
from core.contracts._evidence import (
    Check,
    Curve,
    EvidenceCard,
    EvidenceRequest,
    GroupScore,
    Leaderboard,
    LeaderboardRequest,
    Sanity,
    SanityRequest,
    SanityStage,
    Score,
    Verdict,
)
from core.contracts._requests import (
    ExplainRequest,
    ModelRequest,
    PictureRequest,
    PredictRequest,
    Request,
)
from core.contracts._results import Explanation, PictureResult, Prediction, Result
from core.contracts._values import (
    DEFAULT_METHOD,
    DEFAULT_MODEL,
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
    "DEFAULT_METHOD",
    "DEFAULT_MODEL",
    "GEOMETRIES",
    "Array",
    "Artefact",
    "Box",
    "Check",
    "ClassRef",
    "ClassScore",
    "Curve",
    "EvidenceCard",
    "EvidenceRequest",
    "ExplainRequest",
    "Explanation",
    "Geometry",
    "GroupScore",
    "Lane",
    "Leaderboard",
    "LeaderboardRequest",
    "MethodCard",
    "ModelCard",
    "ModelInput",
    "ModelRef",
    "ModelRequest",
    "Parameter",
    "Picture",
    "PictureRequest",
    "PictureResult",
    "PredictRequest",
    "Prediction",
    "Request",
    "Result",
    "Sanity",
    "SanityRequest",
    "SanityStage",
    "Score",
    "Stored",
    "Value",
    "Verdict",
    "content_key",
]
