"""Graphs from files that are rebuilt in Keras: the same facts, and gradients.

What OpenVINO made of the file has been understood before; here its operators become layers, which
are held against it. Where one is not known, the model runs forwards alone, and that one is named.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from core.contracts import ModelCheck, ModelChoices, ModelFacts
from core.errors import InputError
from core.own_models.understood import Understood

__all__ = ["with_gradients"]

_FORWARD = (
    "It runs forwards alone: no gradients, so no gradient maps and no PGD; occlusion, RISE, LIME, "
    "SHAP, CAMs without gradients, evidence, audits and black-box attacks work."
)


def with_gradients(found: Understood, wide: Any, choices: ModelChoices) -> Understood:
    """Return what a graph's file holds with gradients, if all of its operators can be rebuilt.

    Parameters
    ----------
    found : Understood
        What runs forwards.
    wide : openvino.Model
        As :mod:`core.models.reading.front_end` writes it.
    choices : ModelChoices
        What was chosen.

    Returns
    -------
    Understood
        As it is, with a check that says why, where it cannot be rebuilt.
    """
    facts = found.facts
    settled = replace(
        choices, output="", kind=facts.kind, range=facts.range,
        order="bgr" if facts.order == "bgr" else "rgb",
        classes=facts.classes if facts.named else (),
    )  # fmt: skip
    try:
        made, difference = _rebuilt(wide, facts.name, settled)
    except InputError as error:
        return replace(found, facts=_noted(found, False, f"{_FORWARD} Why: {error}"))
    note = (
        "Its operators are rebuilt as layers of Keras, so it has gradients; on drawn pictures the "
        f"layers answer as OpenVINO does (by {difference:.1e} of their span at most)."
    )
    said = {each.id for each in facts.checks}
    more = {"same_as_keras", "attention", *({"outputs"} - said)}
    told = [each for each in made.facts.checks if each.id in more]
    noted = _noted(found, True, note).checks
    if made.facts.attention:  # which says where the tokens are
        noted = tuple(each for each in noted if each.id != "tokens")
    checks = (*noted, *told)
    layers = made.facts.layers
    described = replace(
        facts, gradients=True, features=bool(layers), layers=layers,
        attention=made.facts.attention, feature_layer=made.facts.feature_layer,
        n_parameters=made.facts.n_parameters, checks=checks,
    )  # fmt: skip
    return replace(made, facts=described, close=found.close)


def _rebuilt(wide: Any, name: str, choices: ModelChoices) -> tuple[Understood, float]:
    """Return what the rebuilt graph is, and how far its answers are from OpenVINO's."""
    from core.models.reading.config import clean
    from core.models.reading.opset.rebuilding import answer_of, checked_rebuild
    from core.models.tensorflow import keras
    from core.own_models.understanding import read_off

    found = checked_rebuild(answer_of(wide, 1), name=name)
    described: dict[str, Any] = keras.saving.serialize_keras_object(found.model)
    config = clean(json.loads(json.dumps(described)), name)
    made = read_off(found.model, choices, name=name)
    return replace(made, described={**made.described, "config": config}), found.difference


def _noted(found: Understood, ok: bool, note: str) -> ModelFacts:
    kept = [each for each in found.facts.checks if each.id != "gradients"]
    return replace(found.facts, checks=(*kept, ModelCheck("gradients", ok, note)))
