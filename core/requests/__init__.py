"""From pictures and options to checked requests, ready to be computed anywhere."""

from __future__ import annotations

from core.requests._certify import certify_picture_request, certify_request
from core.requests._class_map import parse_class_map
from core.requests._common import Target
from core.requests._compression import compress_request, import_request
from core.requests._concepts import (
    concept_maps_request,
    concepts_request,
    neighbours_request,
    tcav_request,
    visualise_request,
)
from core.requests._corruption import corruption_request
from core.requests._counterfactual import counterfactual_request
from core.requests._datasets import dataset_request
from core.requests._drift import drift_request
from core.requests._evidence import evidence_request
from core.requests._explanation_drift import explanation_drift_request
from core.requests._fairness import fairness_request, mitigation_request, slices_request
from core.requests._fairness_fields import AuditOptions, Table
from core.requests._labelled import reference
from core.requests._leaderboard import leaderboard_request
from core.requests._mask import input_mask
from core.requests._options import (
    CertifyOptions,
    CompressOptions,
    CorruptionOptions,
    DatasetOptions,
    DriftOptions,
    ExplainOptions,
    ExplanationDriftOptions,
    ImportOptions,
    LeaderboardOptions,
    MitigationOptions,
    PredictOptions,
    RobustnessOptions,
    SanityOptions,
    TrainOptions,
    TrainSetting,
)
from core.requests._picture import explanation_request, prediction_request
from core.requests._picture_set import picture_set
from core.requests._robustness import robustness_request
from core.requests._sanity import sanity_request
from core.requests._shap import shap_request
from core.requests._training import train_request

__all__ = [
    "AuditOptions",
    "CertifyOptions",
    "CompressOptions",
    "CorruptionOptions",
    "DatasetOptions",
    "DriftOptions",
    "ExplainOptions",
    "ExplanationDriftOptions",
    "ImportOptions",
    "LeaderboardOptions",
    "MitigationOptions",
    "PredictOptions",
    "RobustnessOptions",
    "SanityOptions",
    "Table",
    "Target",
    "TrainOptions",
    "TrainSetting",
    "certify_picture_request",
    "certify_request",
    "compress_request",
    "concept_maps_request",
    "concepts_request",
    "corruption_request",
    "counterfactual_request",
    "dataset_request",
    "drift_request",
    "evidence_request",
    "explanation_drift_request",
    "explanation_request",
    "fairness_request",
    "import_request",
    "input_mask",
    "leaderboard_request",
    "mitigation_request",
    "neighbours_request",
    "parse_class_map",
    "picture_set",
    "prediction_request",
    "reference",
    "robustness_request",
    "sanity_request",
    "shap_request",
    "slices_request",
    "tcav_request",
    "train_request",
    "visualise_request",
]
