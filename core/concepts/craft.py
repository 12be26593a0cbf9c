"""Concepts of a class from its pictures alone (CRAFT: Fel et al. 2023, arXiv:2211.10154).

Crops of the class's pictures go through the model up to the feature layer; a non-negative
factorisation of what comes out gives directions in feature space that recur. How much each of them
matters is measured on whole pictures, by turning it down at every place.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from core.concepts.crops import N_CROPS, crops
from core.concepts.importance import Importance, measure
from core.concepts.nmf import coefficients, factorise, reconstruction_error
from core.concepts.pictures import LISTED, thumbnails
from core.concepts.pooled import pool, pooled
from core.concepts.selection import choose, enough
from core.contracts import Array, Concept, Concepts, ConceptsRequest, ModelInput, count_text
from core.errors import InputError, ParameterError
from core.models.runtime import Runtime, runtime_of

if TYPE_CHECKING:
    from core.control import Control

__all__ = ["MIN_PICTURES", "bank_of", "concepts", "spread"]

MIN_PICTURES = 8
_MEASURED = 16
"""Pictures over which the importance is averaged; each costs some 250 passes behind the layer."""
_EXAMPLES = 6
_SIDE = 112

_PROTOCOL = (
    f"{N_CROPS} crops a picture, half a side long; features averaged over places; NMF (nndsvda); "
    "importance: total-order Sobol indices of the logit (Jansen, 32 scrambled Sobol points), each "
    "concept turned down inside the real activations, mean over {n} pictures with a 95 % t interval"
)


@dataclass(frozen=True)
class _Cut:
    """Crops of pictures: ``activations`` (n, K), pooled; ``shown`` (n, s, s, 3), small."""

    activations: Array
    shown: npt.NDArray[np.uint8]


def concepts(requests: Sequence[ConceptsRequest], control: Control) -> list[Concepts]:
    """Find the concepts of each request's class.

    Raises
    ------
    InputError
        If the set has too few pictures of the class, or the layer is silent on them.
    Cancelled
        Between passes.
    """
    return [_one(request, control) for request in requests]


def bank_of(request: ConceptsRequest, control: Control) -> Concepts:
    """Return the concepts of a class, from the store or found now."""
    from core.workspace import open_store

    artefact, _ = open_store().get_or_compute(
        request.key, lambda: _one(request, control).to_artefact(), kind=request.kind
    )
    return Concepts.from_artefact(artefact)


def _one(request: ConceptsRequest, control: Control) -> Concepts:
    model = runtime_of(request)
    began = time.perf_counter()
    held = pooled(
        model, request, request.reference, geometry=request.geometry, layer=request.layer,
        control=control, progress=(0.0, 0.3),
    )  # fmt: skip
    chosen = choose(
        held, request.selection, request.target, model.classes,
        most=request.n_pictures, seed=request.seed,
    )  # fmt: skip
    target = model.classes.ref(request.target)
    enough(
        len(chosen), MIN_PICTURES, f"Finding the concepts of {target.label}",
        f"That is of {count_text(len(held), 'picture')} in {request.reference.name}, "
        f"{_HOW[request.selection]}.",
    )  # fmt: skip
    pictures = [held.sources[i].load() for i in chosen]
    cut = _cut(model, pictures, request.layer, control)
    found, bank = _factorised(cut.activations, request)
    parts = _measured(model, pictures, bank, request, control)
    order = np.argsort(-spread([part.total for part in parts])[0], kind="stable")
    return Concepts(
        **model.provenance(request),
        target=target,
        selection=request.selection,
        layer=model.layer(request.layer),
        concepts=_described(order, parts, found, cut, pictures),
        bank=bank[order],
        reconstruction_error=reconstruction_error(cut.activations, found, bank),
        carried=_carried(parts),
        n_pictures=len(pictures),
        n_crops=len(cut.activations),
        n_measured=len(parts),
        unreadable=held.unreadable[:LISTED],
        n_unreadable=len(held.unreadable),
        seed=request.seed,
        protocol=_PROTOCOL.format(n=len(parts)),
        seconds=time.perf_counter() - began,
        command=request.command,
    )


_HOW = {
    "predicted": "those that the model takes for the class",
    "labelled": "those that are labelled so",
    "all": "all of them taken",
}


def _cut(
    model: Runtime, pictures: Sequence[ModelInput], layer: str | None, control: Control
) -> _Cut:
    activations, shown = [], []
    model.prepare(N_CROPS * len(pictures))
    for done, picture in enumerate(pictures):
        control.check()
        control.progress(0.3 + 0.4 * done / len(pictures), f"cutting picture {done + 1}")
        cut = crops(picture.pixels)
        _, features = model.features(cut.astype(np.float32) / np.float32(255), layer)
        activations.append(pool(features))
        shown.append(thumbnails(list(cut), _SIDE))
    return _Cut(np.concatenate(activations), np.concatenate(shown))


def _factorised(activations: Array, request: ConceptsRequest) -> tuple[Array, Array]:
    channels = activations.shape[1]
    if request.n_concepts > channels:
        raise ParameterError(
            f"n_concepts is {request.n_concepts}, but the layer has only "
            f"{count_text(channels, 'channel')}."
        )
    if activations.max() <= 0:
        raise InputError(
            "The layer is silent on these pictures (no positive activation): choose another layer."
        )
    return factorise(activations, request.n_concepts, seed=request.seed)


def _measured(
    model: Runtime,
    pictures: Sequence[ModelInput],
    bank: Array,
    request: ConceptsRequest,
    control: Control,
) -> list[Importance]:
    """Weigh every concept in pictures spread evenly over those chosen."""
    taken = np.linspace(0, len(pictures) - 1, min(_MEASURED, len(pictures))).round().astype(int)
    results: list[Importance] = []
    for done, i in enumerate(taken):
        control.progress(0.7 + 0.3 * done / len(taken), f"weighing concepts in picture {done + 1}")
        pixels = pictures[i].tensor()[None]
        _, features = model.features(pixels, request.layer)
        score = _scored(model, model.own_tokens(pixels, request.layer), request, control)
        flat = features[0].reshape(-1, features.shape[-1])
        found = coefficients(flat, bank).reshape(*features.shape[1:3], len(bank))
        results.append(measure(features[0], found, bank, score, seed=request.seed + done))
    return results


def _scored(
    model: Runtime, own: Array, request: ConceptsRequest, control: Control
) -> Callable[[Array], Array]:
    """Return the target's logit of features, a picture's own tokens kept beside them."""

    def score(activations: Array) -> Array:
        control.check()
        beside = np.repeat(own, len(activations), axis=0)
        return model.head_logits(activations, request.layer, beside)[:, request.target]

    return score


def spread(rows: Sequence[Array]) -> tuple[Array, Array, Array]:
    """Return the mean of rows and the ends of its 95 % interval (Student's t)."""
    from scipy import stats

    table = np.stack(rows).astype(np.float64)
    n = len(table)
    mean = table.mean(axis=0)
    error = table.std(axis=0, ddof=1) / np.sqrt(n) if n > 1 else np.full_like(mean, np.nan)
    reach = stats.t.ppf(0.975, max(n - 1, 1)) * error
    return mean, mean - reach, mean + reach


def _carried(parts: Sequence[Importance]) -> float | None:
    whole = float(np.sum([part.nothing_left for part in parts]))
    return float(np.sum([part.all_out for part in parts])) / whole if abs(whole) > 1e-6 else None


def _described(
    order: npt.NDArray[np.intp],
    parts: Sequence[Importance],
    found: Array,
    cut: _Cut,
    pictures: Sequence[ModelInput],
) -> tuple[Concept, ...]:
    total, low, high = spread([part.total for part in parts])
    effect = np.mean([part.effect for part in parts], axis=0)
    level = np.mean([part.level for part in parts], axis=0)
    described = []
    for number, k in enumerate(order, start=1):
        best = _strongest(found[:, k])
        described.append(
            Concept(
                number=number,
                importance=float(total[k]),
                low=float(max(0.0, low[k])),
                high=float(high[k]),
                effect=float(effect[k]),
                level=float(level[k]),
                names=tuple(pictures[i // N_CROPS].name for i in best),
                crops=cut.shown[best],
            )
        )
    return tuple(described)


def _strongest(column: Array) -> list[int]:
    """Return the crops with the largest coefficients, at most one of each picture."""
    best: dict[int, int] = {}
    for i in np.argsort(-column, kind="stable"):
        if column[i] > 0 and len(best) < _EXAMPLES:
            best.setdefault(int(i) // N_CROPS, int(i))
    return list(best.values())
