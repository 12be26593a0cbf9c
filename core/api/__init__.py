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
from core.api._server import device, jobs
from core.api._views import explanation_json, explanation_npz, overlay, overlay_png, ranking
from core.contracts import DEFAULT_METHOD, DEFAULT_MODEL
from core.jobs import JobTable, JobView
from core.models.zoo import Affine
from core.overlay import OverlayLayer, colour_scale
from core.requests import explanation_request, prediction_request

__all__ = [
    "DEFAULT_METHOD",
    "DEFAULT_MODEL",
    "PICTURE_SUFFIXES",
    "Affine",
    "JobTable",
    "JobView",
    "OverlayLayer",
    "answer",
    "class_names",
    "colour_scale",
    "device",
    "explain",
    "explain_many",
    "explanation_json",
    "explanation_npz",
    "explanation_request",
    "find_class",
    "jobs",
    "methods",
    "models",
    "open_picture",
    "overlay",
    "overlay_png",
    "predict",
    "predict_many",
    "prediction_request",
    "ranking",
    "register_model",
]

PICTURE_SUFFIXES = images.SUFFIXES
