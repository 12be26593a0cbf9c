"""The only caller of :mod:`core.api`: what pages may ask for, kept where a rerun would repeat it.

A page reruns at every click. So requests, results and encoded pictures are kept here, by content
key, with caps; what a page does with them costs no decoding, no encoding and no trip to the store.
"""

from __future__ import annotations

from dashboard.services._boards import board_csv, board_json, board_request, recall_board
from dashboard.services._brought import (
    Making,
    architectures,
    compressions,
    forget_making,
    making,
    makings,
    order_import,
    order_smaller,
    smaller_versions,
    stop_making,
)
from dashboard.services._calibration import calibration_table, quick_calibration
from dashboard.services._catalogue import (
    class_names,
    default_seed,
    find_class,
    lacking,
    method,
    methods,
    model,
    models,
    not_offered,
    offered,
    ranking,
    stops,
)
from dashboard.services._certificates import (
    at_ceiling,
    attacked_curve,
    certificate_file,
    certified_so_far,
    certifiers_of,
    certify_picture_request,
    certify_request,
    leaning,
    public_certified,
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
from dashboard.services._corruptions import (
    Shift,
    corrupted_picture,
    corruption_command,
    corruption_csv,
    corruption_request,
    corruptions,
    corruptions_so_far,
    other_data,
)
from dashboard.services._counterfactual import (
    baselines,
    counterfactual_request,
    counterfactual_uri,
)
from dashboard.services._datasets import (
    OfferedDataset,
    dataset_name,
    offered_data,
)
from dashboard.services._drift import (
    EpsilonFilm,
    epsilon_film,
    explanation_drift_json,
    explanation_drift_request,
    single_attacks,
    single_methods,
)
from dashboard.services._evidence import (
    evidence_json,
    evidence_request,
    known_mask_request,
    localisation_request,
    metric,
    metrics,
    sanity_request,
)
from dashboard.services._failures import log_failure
from dashboard.services._fairness import (
    audited_data,
    audited_models,
    fairness_file,
    fairness_findings,
    fairness_gaps,
    fairness_metrics,
    fairness_request,
    fairness_slices_request,
    forget_slice,
    forget_table,
    hold_table,
    local_law_file,
    mitigation_request,
    parity_cost,
    preview_table,
    public_report,
    recall_table,
    save_slice,
    saved_slices,
    slice_members,
    table_types,
    threshold_effect,
    worst_of,
)
from dashboard.services._jobs import JobView, cancel, device, kept, submit, view, warm_up
from dashboard.services._looks import has_looked, look, look_ahead, rows_taken
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
from dashboard.services._robustness import (
    Broken,
    Defence,
    area_up_to,
    attackable_data,
    attackable_models,
    attacked_split,
    attacks,
    broken,
    defence,
    public_robustness,
    robustness_file,
    robustness_request,
    robustness_so_far,
)
from dashboard.services._runs import (
    Gap,
    Mistake,
    Paired,
    Rate,
    correct,
    delete_run,
    is_shipped,
    paired,
    predictions_file,
    predictions_request,
    rate,
    rate_of,
    run,
    run_card,
    run_command,
    runs,
    widest_gap,
    worst_mistakes,
)
from dashboard.services._shap import (
    explainers,
    shap_colours,
    shap_end,
    shap_explanation_npz,
    shap_json,
    shap_npz,
    shap_panels,
    shap_regions,
    shap_request,
    shap_uris,
)
from dashboard.services._shown_data import (
    ShownSplit,
    dataset_key,
    shown_datasets,
    shown_picture,
    shown_split,
)
from dashboard.services._training import (
    Order,
    Training,
    bases,
    discard_training,
    expected_seconds,
    order_of,
    order_training,
    recipes,
    resume,
    same_order,
    stop_training,
    total_epochs,
    trained_before,
    training,
    trainings,
)

__all__ = [
    "log_failure",
    "calibration_table", "quick_calibration",
    "Broken", "Defence", "DriftFilm", "EpsilonFilm", "Gallery", "Gap", "JobView", "Layer", "Making",
    "Mistake", "OfferedDataset", "Order", "Paired", "Rate", "Shift", "ShownSplit", "Training",
    "architectures", "area_up_to", "at_ceiling", "attackable_data", "attackable_models",
    "attacked_curve", "attacked_split", "attacks", "audited_data", "audited_models", "base_uri",
    "baselines", "bases", "board_csv", "board_json", "board_request", "broken", "cancel",
    "certificate_file", "certified_so_far", "certifiers_of", "certify_picture_request",
    "certify_request", "class_names", "comparison", "compressions", "concept_layers",
    "concept_maps_request", "concepts_request", "correct", "corrupted_picture",
    "corruption_command", "corruption_csv", "corruption_request", "corruptions",
    "corruptions_so_far", "counterfactual_request", "counterfactual_uri", "data_uri", "dataset_key",
    "dataset_name", "default_seed", "defence", "delete_run", "device", "difference_layer",
    "discard_training",
    "drift_film", "drift_paths", "drift_request", "epsilon_film", "evidence_json",
    "evidence_request", "expected_seconds", "explainers", "explanation_drift_json",
    "explanation_drift_request", "explanation_json", "explanation_npz", "explanation_request",
    "fairness_file", "fairness_findings", "fairness_gaps", "fairness_metrics", "fairness_request",
    "fairness_slices_request", "find_class", "forget_making", "forget_slice", "forget_table",
    "gallery", "gallery_set", "given_set", "has_looked", "hold_table", "is_shipped", "kept",
    "known_mask_request", "lacking", "layer", "leaning", "local_law_file", "localisation_request",
    "look", "look_ahead", "making", "makings", "method", "methods", "metric", "metrics",
    "mitigation_request", "model", "models", "neighbours_request", "not_offered", "offered",
    "offered_data", "once", "open_picture", "order_import", "order_of", "order_smaller",
    "order_training", "other_data", "overlay_png", "paired", "parity_cost", "picture_types",
    "pixels_png", "pixels_uri", "prediction_request", "predictions_file", "predictions_request",
    "preview_table", "public_certified", "public_command", "public_report", "public_robustness",
    "ranking", "rate", "rate_of", "recall_board", "recall_table", "recipes", "resume",
    "robustness_file", "robustness_request", "robustness_so_far", "rows_taken", "run", "run_card",
    "run_command", "runs", "same_order", "sanity_request", "save_slice", "saved_slices",
    "shap_colours", "shap_end", "shap_explanation_npz", "shap_json", "shap_npz", "shap_panels",
    "shap_regions", "shap_request", "shap_uris", "shown_datasets", "shown_picture", "shown_split",
    "single_attacks",
    "single_methods", "slice_members", "smaller_versions", "stop_making", "stop_training", "stops",
    "submit", "table_types", "tcav_request", "threshold_effect", "thumbnail_uri", "total_epochs",
    "trained_before", "training", "trainings", "view", "visualise_request", "warm_up", "widest_gap",
    "worst_mistakes", "worst_of",
]  # fmt: skip
