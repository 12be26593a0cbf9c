"""Asked of the toy modality in a process of its own: every question, its answers as JSON."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import toy_signal as toy

from core import api
from core.errors import PellucidError

MODEL = "pulse_net"
METHODS = (
    "saliency", "smoothgrad", "gradient_x_input", "integrated_gradients", "idgi", "guided_ig",
    "expected_gradients", "occlusion", "sobol", "lime",
)  # fmt: skip
FEW = {"lime": {"n_regions": 16}, "sobol": {"cells": 8}, "occlusion": {"patch": 4, "stride": 2}}
found: dict[str, Any] = {}

trace, span = toy.drawn(7, 0)
predicted = api.answer(api.prediction_request(trace, model=MODEL))
found["ranking"] = [[each.label, each.probability] for each in api.ranking(predicted)]
found["seen"] = [predicted.seen.name, predicted.seen.modality]
stored = predicted.to_artefact()
found["document"] = sorted(stored.document)
found["restored"] = type(predicted).from_artefact(stored).seen == predicted.seen

maps = {}
for method in METHODS:
    asked = api.explanation_request(
        trace, model=MODEL, method=method, parameters=FEW.get(method), target="peak"
    )
    maps[method] = api.answer(asked)
inside = np.zeros(toy.LENGTH, bool)
inside[max(span.start - 4, 0) : span.stop + 4] = True
found["maps"] = {
    name: {
        "shape": list(one.map.shape),
        "inside": float(np.abs(one.map[inside]).sum() / np.abs(one.map).sum()),
        "error": one.completeness_error,
    }
    for name, one in maps.items()
}
found["command"] = maps["occlusion"].command
found["refused"] = {}
for method in ("gradcam", "rise", "xrai", "edges"):
    try:
        api.explanation_request(trace, model=MODEL, method=method)
    except PellucidError as error:
        found["refused"][method] = str(error)
try:
    api.prediction_request(trace, model=MODEL, geometry="squash")
except PellucidError as error:
    found["refused"]["geometry"] = str(error)
try:
    api.prediction_request(api.open_picture(np.zeros((64, 64, 3), np.uint8)), model=MODEL)
except PellucidError as error:
    found["refused"]["picture"] = str(error)

found["shap"] = {}
for explainer in ("partition", "kernel"):
    shares = api.answer(api.shap_request(trace, model=MODEL, explainer=explainer, top=2))
    found["shap"][explainer] = {
        "error": float(shares.additivity_errors.max()),
        "inside": float(np.abs(shares.values[0][inside]).sum() / np.abs(shares.values[0]).sum()),
        "background": shares.background,
    }

asked = api.explanation_request(trace, model=MODEL, method="integrated_gradients")
card = api.answer(api.evidence_request(asked))
found["card"] = {score.metric: score.value for score in card.scores}
found["checks"] = {check.id: [check.verdict, check.words, check.protocol] for check in card.checks}
try:
    api.evidence_request(asked, metrics=["infidelity"])
except PellucidError as error:
    found["refused"]["infidelity"] = str(error)
rest = api.answer(api.evidence_request(asked, metrics=["mufidelity", "sensitivity_max", "entropy"]))
found["further"] = {score.metric: score.value for score in rest.scores}
traces = [toy.drawn(20 + i, i % 2)[0] for i in range(4)]
board = api.answer(
    api.leaderboard_request(traces, model=MODEL, methods=["integrated_gradients", "occlusion"])
)
found["board"] = sorted({(row.method, row.metric) for row in board.scores})
sanity = api.answer(api.sanity_request(model=MODEL, method="saliency"))
found["sanity"] = [sanity.verdict, sanity.words]

followed = api.explanation_drift(
    trace, model=MODEL, method="integrated_gradients", eps="0.01,0.1,0.5"
)
found["followed"] = [followed.flip, [step.spearman for step in followed.steps]]
turned = api.counterfactual(api.counterfactual_request(trace, model=MODEL, count=16))
found["turned"] = [turned.regions, turned.baseline, turned.flipped, turned.words]
try:
    api.drift(trace, model=MODEL, method="integrated_gradients")
except PellucidError as error:
    found["refused"]["drift"] = str(error)

alike = api.compare(maps["integrated_gradients"], maps["occlusion"])
found["compare"] = [alike.agreement, alike.words]

curve = api.answer(
    api.robustness_request(
        "pulses", model=MODEL, attacks=["pgd", "uniform_noise"], eps="0.01,0.05,0.2,0.5",
        by="half", checks=False,
    )
)  # fmt: skip
found["curve"] = {
    each.attack: [point.accuracy for point in each.points]
    for each in curve.curves
    if not each.group
}
audit = api.fairness(dataset="pulses", model=MODEL, groups=["half"], positive="peak")
table = next(one for one in audit.tables if one.attribute == "half")
found["audit"] = dict(zip(table.groups, table.n.tolist(), strict=True))
print(json.dumps(found, default=str))
