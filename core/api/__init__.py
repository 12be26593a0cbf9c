"""Everything Pellucid does, as functions. Scripts, notebooks, the CLI and the dashboard call it.

>>> from core import api
>>> [method.id for method in api.methods()][:2]
['gradcam', 'gradcam++']

Scripts use :func:`predict` and :func:`explain`, which compute in this process. The dashboard
submits the same requests to :func:`jobs`, which computes them in workers.
"""

from __future__ import annotations

from core import images
from core.api._answers import answer, explain, explain_many, open_picture, predict, predict_many
from core.api._catalogue import class_names, find_class, methods, models, register_model
from core.api._compare import (
    compare,
    difference_overlay,
    difference_png,
    drift,
    drift_overlays,
    drift_paths,
)
from core.api._concepts import concept_overlays, default_gallery, gallery, pixels_png
from core.api._counterfactual import baselines, counterfactual, counterfactual_png
from core.api._evidence import evidence, metrics, presets
from core.api._leaderboard import evaluate, sanity
from core.api._server import device, jobs
from core.api._shap import (
    explainers,
    shap_colours,
    shap_json,
    shap_layers,
    shap_maps,
    shap_npz,
    shap_panels,
    shap_regions,
)
from core.api._views import explanation_json, explanation_npz, overlay, overlay_png, ranking
from core.contracts import DEFAULT_METHOD, DEFAULT_MODEL
from core.gallery import Gallery
from core.jobs import JobTable, JobView
from core.models.zoo import Affine
from core.overlay import OverlayLayer, colour_scale
from core.requests import (
    concept_maps_request,
    concepts_request,
    counterfactual_request,
    drift_request,
    evidence_request,
    explanation_request,
    input_mask,
    leaderboard_request,
    neighbours_request,
    picture_set,
    prediction_request,
    sanity_request,
    shap_request,
    tcav_request,
    visualise_request,
)

__all__ = [
    "DEFAULT_METHOD",
    "DEFAULT_MODEL",
    "PICTURE_SUFFIXES",
    "Affine",
    "Gallery",
    "JobTable",
    "JobView",
    "OverlayLayer",
    "answer",
    "baselines",
    "class_names",
    "colour_scale",
    "compare",
    "concept_maps_request",
    "concept_overlays",
    "concepts_request",
    "counterfactual",
    "counterfactual_png",
    "counterfactual_request",
    "default_gallery",
    "device",
    "difference_overlay",
    "difference_png",
    "drift",
    "drift_overlays",
    "drift_paths",
    "drift_request",
    "evaluate",
    "evidence",
    "evidence_request",
    "explain",
    "explain_many",
    "explainers",
    "explanation_json",
    "explanation_npz",
    "explanation_request",
    "find_class",
    "gallery",
    "input_mask",
    "jobs",
    "leaderboard_request",
    "methods",
    "metrics",
    "models",
    "neighbours_request",
    "open_picture",
    "overlay",
    "overlay_png",
    "picture_set",
    "pixels_png",
    "predict",
    "predict_many",
    "prediction_request",
    "presets",
    "ranking",
    "register_model",
    "sanity",
    "sanity_request",
    "shap_colours",
    "shap_json",
    "shap_layers",
    "shap_maps",
    "shap_npz",
    "shap_panels",
    "shap_regions",
    "shap_request",
    "tcav_request",
    "visualise_request",
]

PICTURE_SUFFIXES = images.SUFFIXES
