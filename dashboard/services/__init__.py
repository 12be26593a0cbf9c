"""The only caller of :mod:`core.api`: what pages may ask for, kept where a rerun would repeat it.

A page reruns at every click. So requests, results and encoded pictures are kept here, by content
key, with caps; what a page does with them costs no decoding, no encoding and no trip to the store.
"""

from __future__ import annotations

from dashboard.services._boards import board_csv, board_json, board_request, recall_board
from dashboard.services._catalogue import (
    class_names,
    find_class,
    method,
    methods,
    model,
    models,
    ranking,
    stops,
)
from dashboard.services._compare import (
    DriftFilm,
    comparison,
    difference_layer,
    drift_film,
    drift_paths,
    drift_request,
)
from dashboard.services._concepts import (
    Gallery,
    concept_layers,
    concept_maps_request,
    concepts_request,
    gallery,
    gallery_set,
    given_set,
    neighbours_request,
    pixels_png,
    pixels_uri,
    public_command,
    tcav_request,
    visualise_request,
)
from dashboard.services._counterfactual import (
    baselines,
    counterfactual_request,
    counterfactual_uri,
)
from dashboard.services._evidence import (
    evidence_json,
    evidence_request,
    localisation_request,
    metric,
    metrics,
    sanity_request,
)
from dashboard.services._jobs import JobView, cancel, device, kept, submit, view, warm_up
from dashboard.services._maps import (
    Layer,
    explanation_json,
    explanation_npz,
    layer,
    overlay_png,
)
from dashboard.services._pictures import (
    base_uri,
    data_uri,
    open_picture,
    picture_types,
    thumbnail_uri,
)
from dashboard.services._requests import explanation_request, once, prediction_request
from dashboard.services._shap import (
    explainers,
    shap_colours,
    shap_end,
    shap_json,
    shap_npz,
    shap_panels,
    shap_regions,
    shap_request,
    shap_uris,
)

__all__ = [
    "DriftFilm",
    "Gallery",
    "JobView",
    "Layer",
    "base_uri",
    "baselines",
    "board_csv",
    "board_json",
    "board_request",
    "cancel",
    "class_names",
    "comparison",
    "concept_layers",
    "concept_maps_request",
    "concepts_request",
    "counterfactual_request",
    "counterfactual_uri",
    "data_uri",
    "device",
    "difference_layer",
    "drift_film",
    "drift_paths",
    "drift_request",
    "evidence_json",
    "evidence_request",
    "explainers",
    "explanation_json",
    "explanation_npz",
    "explanation_request",
    "find_class",
    "gallery",
    "gallery_set",
    "given_set",
    "kept",
    "layer",
    "localisation_request",
    "method",
    "methods",
    "metric",
    "metrics",
    "model",
    "models",
    "neighbours_request",
    "once",
    "open_picture",
    "overlay_png",
    "picture_types",
    "pixels_png",
    "pixels_uri",
    "prediction_request",
    "public_command",
    "ranking",
    "recall_board",
    "sanity_request",
    "shap_colours",
    "shap_end",
    "shap_json",
    "shap_npz",
    "shap_panels",
    "shap_regions",
    "shap_request",
    "shap_uris",
    "stops",
    "submit",
    "tcav_request",
    "thumbnail_uri",
    "view",
    "visualise_request",
    "warm_up",
]
