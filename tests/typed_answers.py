"""What a type checker knows of the facade; ``make lint`` checks it. Nothing here runs."""

from __future__ import annotations

from typing import assert_type

from core import api
from core.contracts import (
    CalibrationTable,
    Certified,
    CompressRequest,
    Corrupted,
    CorruptionRequest,
    DatasetPredictions,
    Drift,
    EvidenceCard,
    Explanation,
    ExplanationDrift,
    FairnessReport,
    Leaderboard,
    Mitigation,
    Neighbours,
    Picture,
    PictureCertificate,
    Prediction,
    Request,
    Result,
    Robustness,
    Run,
    Sanity,
    SeedSpread,
    ShapResult,
    SliceReport,
    Tcav,
    Visualisation,
)


def answers(picture: Picture, folder: str) -> None:
    """A request says what its answer is."""
    assert_type(api.answer(api.prediction_request(picture)), Prediction)
    assert_type(api.answer(api.explanation_request(picture, method="gradcam")), Explanation)
    assert_type(api.answer(api.shap_request(picture)), ShapResult)
    assert_type(api.answer(api.neighbours_request(picture, reference=folder)), Neighbours)
    tcav = api.tcav_request({"stripes": folder}, random=folder, pictures=folder, target="zebra")
    assert_type(api.answer(tcav), Tcav)
    assert_type(api.answer(api.visualise_request(target=3)), Visualisation)
    explained = api.explanation_request(picture)
    assert_type(api.answer(api.evidence_request(explained)), EvidenceCard)
    assert_type(api.answer(api.slices_request("table.csv", groups=["sex"])), SliceReport)
    assert_type(api.answer(api.certify_picture_request(picture)), PictureCertificate)
    assert_type(api.answer(api.train_request()), Run)


def of_any_request(any_one: Request, corrupted: CorruptionRequest, less: CompressRequest) -> None:
    """Where the kind is open, so is the answer."""
    assert_type(api.answer(corrupted), Corrupted)
    assert_type(api.answer(less), Run)
    assert_type(api.answer(any_one), Result)


def functions(picture: Picture) -> None:
    """Each function returns what it says, and takes the options that it names."""
    assert_type(api.predict(picture, model="mobilenet_v2", geometry="squash"), Prediction)
    assert_type(api.explain(picture, method="rise", parameters={"n_masks": 200}), Explanation)
    assert_type(api.drift(picture, path="noise", method="gradcam"), Drift)
    assert_type(api.explanation_drift(picture, eps="4/255", target="cat"), ExplanationDrift)
    assert_type(api.evaluate([picture], methods=["gradcam"], preset="rise"), Leaderboard)
    assert_type(api.sanity(method="gradcam", thorough=True), Sanity)
    assert_type(api.predict_dataset("portraits", limit=10), DatasetPredictions)
    assert_type(api.robustness("portraits", attacks=["fgsm"], eps=["2/255", 0.1]), Robustness)
    assert_type(api.corruption_robustness("portraits", severities=[1, 5]), Corrupted)
    assert_type(api.certify("portraits", radii="auto"), Certified)
    assert_type(api.fairness("table.csv", groups=["sex"], alpha=0.05), FairnessReport)
    assert_type(api.slices("table.csv", metric="tpr", groups=["sex"]), SliceReport)
    assert_type(api.mitigate("table.csv", attribute="sex", groups=["sex"]), Mitigation)
    assert_type(api.train(dataset="portraits", epochs=3, seed=1), Run)
    assert_type(api.train_seeds(n=3, seed=1, epochs=3), SeedSpread)
    assert_type(api.compress("mobilenet_v2", form="int8"), Run)
    assert_type(api.calibrate(quick=True), CalibrationTable)


def mistakes(picture: Picture) -> None:
    """What is no option, or has another type, is told before anything runs."""
    api.explain(picture, metod="rise")  # type: ignore[call-arg]
    api.explain(picture, target=2.5)  # type: ignore[arg-type]
    api.predict(picture, geometry="round")  # type: ignore[arg-type]
    api.compress("mobilenet_v2")  # type: ignore[call-arg]
    api.mitigate("table.csv", groups=["sex"])  # type: ignore[call-arg]
    api.train_seeds(n="three")  # type: ignore[arg-type]
