"""Everything Pellucid does, as functions. Scripts, notebooks, the CLI and the dashboard call it.

>>> from core import api
>>> [method.id for method in api.methods()][:2]
['gradcam', 'gradcam++']

Scripts use :func:`predict` and :func:`explain`, which compute in this process. The dashboard
submits the same requests to :func:`jobs`, which computes them in workers.
"""

from __future__ import annotations

from core.api._answers import (
    answer,
    explain,
    explain_many,
    predict,
    predict_many,
)
from core.api._calibration import calibrate, calibration_table, claims, write_calibration
from core.api._catalogue import (
    PluginKind,
    Served,
    broken_plugins,
    class_names,
    find_class,
    lacking,
    methods,
    modalities,
    models,
    register_model,
)
from core.api._certify import (
    certificate_ceiling,
    certified_csv,
    certified_document,
    certified_so_far,
    certifiers,
    certify,
    certify_picture,
    class_bias,
    empirical_curve,
)
from core.api._compare import (
    compare,
    difference_overlay,
    difference_png,
    drift,
    drift_overlays,
    drift_paths,
)
from core.api._compression import architectures, compress, compressions
from core.api._concepts import concept_overlays, default_gallery, gallery, pixels_png
from core.api._counterfactual import baselines, counterfactual, counterfactual_png
from core.api._datasets import (
    dataset_mask,
    dataset_picture,
    datasets,
    default_seed,
    offered_datasets,
    open_dataset,
    parse_dataset,
    predict_dataset,
)
from core.api._evidence import evidence, metrics, presets
from core.api._explanation_drift import (
    explanation_drift,
    explanation_drift_document,
    explanation_drift_overlays,
    magnified,
)
from core.api._fairness import (
    audit_columns,
    audit_predictions,
    fairness,
    fairness_gaps,
    fairness_metrics,
    mitigate,
    slices,
)
from core.api._fairness_views import (
    TABLE_SUFFIXES,
    fairness_comparisons,
    fairness_csv,
    fairness_document,
    fairness_findings,
    fairness_json,
    fairness_parquet,
    hold_table,
    local_law_144,
    local_law_144_csv,
    open_table_source,
    preview_table,
    release_table,
)
from core.api._leaderboard import evaluate, sanity
from core.api._looks import explored, look, look_ahead, looks_at, looks_document
from core.api._own_models import import_model, inspect_model
from core.api._robustness import (
    Defence,
    DefencePoint,
    attacks,
    corrupt,
    corruption_robustness,
    corruptions,
    corruptions_so_far,
    defence,
    robustness,
    robustness_csv,
    robustness_document,
    robustness_so_far,
    worst_area,
)
from core.api._server import device, jobs
from core.api._shap import (
    explainers,
    shap_colours,
    shap_explanation_npz,
    shap_json,
    shap_layers,
    shap_maps,
    shap_npz,
    shap_panels,
    shap_regions,
    to_shap,
)
from core.api._slices import (
    forget_slice,
    parity_cost,
    save_slice,
    saved_slices,
    slice_members,
    threshold_effect,
)
from core.api._sources import drawn, open_picture, open_source, site_names, source_notes
from core.api._training import (
    UnfinishedRun,
    delete_run,
    discard_run,
    is_shipped,
    recipes,
    run,
    run_card,
    runs,
    train,
    train_seeds,
    unfinished_runs,
)
from core.api._views import (
    explanation_json,
    explanation_npz,
    overlay,
    overlay_png,
    ranking,
    reading,
)
from core.calibration.request import calibrate_request
from core.contracts import DEFAULT_METHOD, DEFAULT_MODEL
from core.data.evaluate import Mistake, evaluation, mistakes
from core.data.gaps import Gap, largest_gap
from core.data.paired import Paired, paired
from core.data.picture import picture_part
from core.data.prediction_table import (
    check_predictions_file,
    predictions_table,
    write_predictions,
)
from core.logfile import log_failure
from core.modalities.picture import images
from core.modalities.picture.gallery import Gallery
from core.modalities.picture.overlay import OverlayLayer, colour_scale
from core.models.zoo import Affine
from core.proportions import newcombe, wilson
from core.requests import (
    certify_picture_request,
    certify_request,
    compress_request,
    concept_maps_request,
    concepts_request,
    corruption_request,
    counterfactual_request,
    dataset_request,
    drift_request,
    evidence_request,
    explanation_drift_request,
    explanation_request,
    fairness_request,
    import_request,
    input_mask,
    leaderboard_request,
    mitigation_request,
    neighbours_request,
    parse_class_map,
    picture_set,
    prediction_request,
    robustness_request,
    sanity_request,
    shap_request,
    slices_request,
    tcav_request,
    train_request,
    visualise_request,
)
from core.runs import run_folder
from core.server.jobs import JobTable, JobView

__all__ = [
    "Affine", "DEFAULT_METHOD", "DEFAULT_MODEL", "Defence", "DefencePoint", "Gallery", "Gap",
    "JobTable", "JobView", "Mistake", "OverlayLayer", "PICTURE_SUFFIXES", "PluginKind", "Paired",
    "Served", "TABLE_SUFFIXES", "UnfinishedRun", "answer", "architectures", "audit_columns",
    "audit_predictions", "attacks", "baselines", "broken_plugins", "calibrate", "calibrate_request",
    "calibration_table", "certificate_ceiling", "certified_csv", "certified_document",
    "certified_so_far", "certifiers", "certify", "certify_picture", "certify_picture_request",
    "certify_request", "check_predictions_file", "claims", "class_names", "colour_scale", "compare",
    "compress", "compress_request", "compressions", "concept_maps_request", "concept_overlays",
    "concepts_request", "corrupt", "corruption_request", "corruption_robustness", "corruptions",
    "corruptions_so_far", "counterfactual", "counterfactual_png", "counterfactual_request",
    "dataset_mask", "dataset_picture", "dataset_request", "datasets", "default_gallery",
    "default_seed",
    "delete_run", "defence", "device", "difference_overlay", "difference_png", "discard_run",
    "drawn", "drift", "drift_overlays", "drift_paths", "drift_request", "empirical_curve",
    "evaluate",
    "evaluation", "evidence", "evidence_request", "explain", "explain_many", "explainers",
    "explanation_drift", "explanation_drift_document", "explanation_drift_overlays",
    "explanation_drift_request", "explanation_json", "explanation_npz", "explanation_request",
    "explored", "fairness", "fairness_csv", "fairness_document", "fairness_comparisons",
    "fairness_findings", "fairness_gaps", "fairness_json", "fairness_metrics", "fairness_parquet",
    "fairness_request", "find_class", "forget_slice", "gallery", "hold_table", "import_model",
    "inspect_model",
    "import_request", "input_mask", "is_shipped", "jobs", "class_bias", "lacking",
    "leaderboard_request", "local_law_144", "local_law_144_csv", "log_failure", "look",
    "look_ahead", "looks_at", "looks_document", "magnified", "methods", "metrics", "mistakes",
    "mitigate", "mitigation_request", "modalities", "models", "neighbours_request", "newcombe",
    "offered_datasets", "open_dataset", "open_picture",
    "open_source", "open_table_source", "overlay",
    "overlay_png", "paired", "parity_cost", "parse_class_map", "parse_dataset", "picture_set",
    "pixels_png", "picture_part",
    "predict", "predict_dataset", "predict_many", "prediction_request",
    "predictions_table", "presets", "preview_table", "ranking", "reading", "recipes",
    "register_model", "release_table", "robustness", "robustness_csv", "robustness_document",
    "robustness_request", "robustness_so_far", "run", "run_card", "run_folder", "runs", "sanity",
    "sanity_request", "save_slice", "saved_slices", "shap_colours", "shap_explanation_npz",
    "shap_json", "shap_layers", "shap_maps", "shap_npz", "shap_panels", "shap_regions",
    "shap_request", "site_names", "slice_members", "slices", "slices_request", "source_notes",
    "tcav_request", "threshold_effect",
    "to_shap", "train", "train_request", "train_seeds", "unfinished_runs", "visualise_request",
    "largest_gap", "wilson", "worst_area", "write_calibration", "write_predictions",
]  # fmt: skip

PICTURE_SUFFIXES = images.SUFFIXES
