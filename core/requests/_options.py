"""The options of requests as types, so that a function that passes them on names them all.

What each means stands where it is checked: in the docstring of the function that makes the request.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypedDict

import numpy as np
import numpy.typing as npt

from core.contracts import CompressionForm, Geometry, Norm, SplitName
from core.requests._common import Target
from core.requests._fairness_fields import AuditOptions

__all__ = [
    "CertifyOptions", "CompressOptions", "CorruptionOptions", "DatasetOptions", "DriftOptions",
    "ExplainOptions", "ExplanationDriftOptions", "ImportOptions", "LeaderboardOptions",
    "MitigationOptions", "PredictOptions", "RobustnessOptions", "SanityOptions", "TrainOptions",
    "TrainSetting",
]  # fmt: skip


class ModelOptions(TypedDict, total=False):
    """Which model, and how."""

    model: str
    weights: str
    classes: str | None
    seed: int | None


class PredictOptions(ModelOptions, total=False):
    """Of :func:`~core.requests.prediction_request`."""

    geometry: Geometry


class ExplainOptions(PredictOptions, total=False):
    """Of :func:`~core.requests.explanation_request`."""

    method: str
    parameters: Mapping[str, object] | None
    target: Target
    against: Target
    layer: str | None


class DriftOptions(ExplainOptions, total=False):
    """Of :func:`~core.requests.drift_request`."""

    path: str
    steps: int
    maximum: float | str | None


class ExplanationDriftOptions(ExplainOptions, total=False):
    """Of :func:`~core.requests.explanation_drift_request`."""

    attack: str | None
    attack_parameters: Mapping[str, object] | None
    norm: Norm
    eps: str | Sequence[float | str]
    towards: str | None


class SanityOptions(ModelOptions, total=False):
    """Of :func:`~core.requests.sanity_request`."""

    method: str
    parameters: Mapping[str, object] | None
    layer: str | None
    thorough: bool


class LeaderboardOptions(PredictOptions, total=False):
    """Of :func:`~core.requests.leaderboard_request`."""

    methods: Sequence[str] | None
    metrics: Sequence[str] | None
    groups: Sequence[str]
    masks: Sequence[npt.NDArray[np.generic] | None]
    preset: str
    target: Target
    against: Target
    parameters: Mapping[str, object] | None
    layer: str | None


class DatasetOptions(ModelOptions, total=False):
    """Of :func:`~core.requests.dataset_request`."""

    split: SplitName
    limit: int | None


class SlicedOptions(DatasetOptions, total=False):
    """Which pictures of a split, and by which attribute they are told apart."""

    by: str | None
    slice: str | None


class CertifyOptions(SlicedOptions, total=False):
    """Of :func:`~core.requests.certify_request`."""

    method: str
    parameters: Mapping[str, object] | None
    radii: str | Sequence[float | str]


class CorruptionOptions(SlicedOptions, total=False):
    """Of :func:`~core.requests.corruption_request`."""

    corruptions: Sequence[str] | None
    severities: Sequence[int]
    out_of_distribution: str | None


class RobustnessOptions(SlicedOptions, total=False):
    """Of :func:`~core.requests.robustness_request`."""

    attacks: Sequence[str] | None
    parameters: Mapping[str, Mapping[str, object]] | None
    norm: Norm
    eps: str | Sequence[float | str]
    rounding: bool
    checks: bool
    surrogate: str | None
    target: str | None


class TrainSetting(TypedDict, total=False):
    """Of :func:`~core.requests.train_request`, the seed left open."""

    dataset: str
    recipe: str
    base: str | None
    weights: str
    parameters: Mapping[str, object] | None
    epochs: int | None


class TrainOptions(TrainSetting, total=False):
    """Of :func:`~core.requests.train_request`."""

    seed: int | None


class _Form(TypedDict):
    form: CompressionForm


class CompressOptions(_Form, total=False):
    """Of :func:`~core.requests.compress_request`."""

    dataset: str | None
    sparsity: float
    seed: int | None


class _Brought(TypedDict):
    name: str
    architecture: str
    weights: bytes | Path
    classes: Sequence[str]


class ImportOptions(_Brought, total=False):
    """Of :func:`~core.requests.import_request`."""

    input_size: int | None


class _Attribute(TypedDict):
    attribute: str


class MitigationOptions(AuditOptions, _Attribute, total=False):
    """Of :func:`~core.requests.mitigation_request`."""

    constraint: str
    mitigator: str
    held_out: float
    fit_split: SplitName
