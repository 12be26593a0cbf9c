"""The only caller of :mod:`core.api`: what pages may ask for, kept where a rerun would repeat it.

A page reruns at every click. So requests, results and encoded pictures are kept here, by content
key, with caps; what a page does with them costs no decoding, no encoding and no trip to the store.
"""

from __future__ import annotations

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

__all__ = [
    "JobView",
    "Layer",
    "base_uri",
    "cancel",
    "class_names",
    "data_uri",
    "device",
    "explanation_request",
    "explanation_json",
    "explanation_npz",
    "find_class",
    "kept",
    "layer",
    "method",
    "methods",
    "model",
    "models",
    "open_picture",
    "once",
    "overlay_png",
    "picture_types",
    "prediction_request",
    "ranking",
    "stops",
    "submit",
    "thumbnail_uri",
    "view",
    "warm_up",
]
