"""Does a concept that somebody has in mind matter to a class (TCAV, Kim et al., arXiv:1711.11279).

Features are averaged over places; the derivative along a concept is that of moving every place by
the same small step. What is tested, and against what, is told in :mod:`core.concepts.cav`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.concepts.cav import Runs, monte_carlo_p, null_runs, runs, t_test_p
from core.concepts.pictures import LISTED
from core.concepts.pooled import Pooled, pooled
from core.concepts.selection import enough
from core.contracts import Array, ConceptScore, PictureSet, Tcav, TcavRequest
from core.models.runtime import Runtime, runtime_of
from core.multiplicity import holm

if TYPE_CHECKING:
    from core.control import Control

__all__ = ["ALPHA", "MIN_CLASS", "MIN_CONCEPT", "MIN_RANDOM", "tcav"]

ALPHA = 0.05
MIN_CONCEPT = 8
MIN_RANDOM = 3 * MIN_CONCEPT
MIN_CLASS = 5
_MOST_CONCEPT = 50
_MOST_CLASS = 100
_NULL = 100
_CHUNK = 16
_NEAR_CHANCE = 0.6

_PROTOCOL = (
    "features averaged over places; ridge classifier, a third of the pictures held out; statistic: "
    "mean cosine of gradient and direction over {runs} random sets; null: the same with {null} "
    "random sets of the same size taken for a concept; two-sided Monte Carlo p, Holm over "
    "concepts, α = 0.05"
)


@dataclass(frozen=True)
class _TcavData:
    """Features of every set, as arrays of float32 ``(n, K)``, and the class's gradients."""

    concepts: tuple[Array, ...]
    pool: Array
    gradients: Array
    unreadable: tuple[str, ...]


def tcav(requests: Sequence[TcavRequest], control: Control) -> list[Tcav]:
    """Test the concepts of each request.

    Raises
    ------
    InputError
        If a set has too few pictures.
    CapabilityError
        If the model has no gradients or no feature layer.
    Cancelled
        Between passes and fits.
    """
    return [_one(request, control) for request in requests]


def _one(request: TcavRequest, control: Control) -> Tcav:
    from threadpoolctl import threadpool_limits

    model = runtime_of(request)
    began = time.perf_counter()
    data = _tcav_data(model, request, control)
    size = min(_MOST_CONCEPT, len(data.pool) // 3)
    rng = np.random.default_rng(request.seed)
    held = [rng.permutation(concept)[:size] for concept in data.concepts]
    n_null = max(_NULL, 20 * len(held))
    nulls: dict[int, list[Runs]] = {}
    # Thousands of small products: more threads than one only wait for each other (30 times slower
    # where the processor has other work).
    with threadpool_limits(1, user_api="blas"):
        found = [
            runs(concept, data.pool, data.gradients, n_runs=request.n_runs, rng=rng)
            for concept in held
        ]
        for n in sorted({len(concept) for concept in held}):
            part = (len(nulls) / len(held), 1 / len(held))
            nulls[n] = _null(data, n, n_null, request, control, rng, part)
    target = model.classes.ref(request.target)
    scores = _scores(request.concepts, held, found, nulls, target.label)
    return Tcav(
        **model.provenance(request),
        target=target,
        layer=model.layer(request.layer),
        concepts=scores,
        n_pictures=len(data.gradients),
        n_random=len(data.pool),
        n_runs=request.n_runs,
        n_null=n_null,
        alpha=ALPHA,
        unreadable=data.unreadable[:LISTED],
        n_unreadable=len(data.unreadable),
        seed=request.seed,
        protocol=_PROTOCOL.format(runs=request.n_runs, null=n_null),
        seconds=time.perf_counter() - began,
        command=request.command,
    )


def _null(
    data: _TcavData,
    size: int,
    n_null: int,
    request: TcavRequest,
    control: Control,
    rng: np.random.Generator,
    part: tuple[float, float],
) -> list[Runs]:
    def check(done: int) -> None:
        control.check()
        share = part[0] + part[1] * done / n_null
        control.progress(0.6 + 0.4 * share, f"random concept {done + 1} of {n_null}")

    return list(
        null_runs(
            data.pool, size, data.gradients,
            n_runs=request.n_runs, n_null=n_null, rng=rng, check=check,
        )
    )  # fmt: skip


# ---- pictures and features


def _tcav_data(model: Runtime, request: TcavRequest, control: Control) -> _TcavData:
    sets = (request.pictures, request.random, *request.concepts)
    read = [
        pooled(
            model, request, pictures, geometry=request.geometry, layer=request.layer,
            control=control, progress=(0.4 * i / len(sets), 0.4 * (i + 1) / len(sets)),
        )
        for i, pictures in enumerate(sets)
    ]  # fmt: skip
    of_class, pool, concepts = read[0], read[1], read[2:]
    enough(len(of_class), MIN_CLASS, "The class", "Add pictures of it.")
    for pictures, held in zip(request.concepts, concepts, strict=True):
        enough(len(held), MIN_CONCEPT, f"The concept {pictures.name}", "Add pictures of it.")
    others = _without(pool.features, [held.features for held in concepts])
    enough(
        len(others), MIN_RANDOM, "The random set",
        "Pictures that are also in a concept do not count: add others.",
    )  # fmt: skip
    return _TcavData(
        tuple(held.features for held in concepts),
        others,
        _gradients(model, request, of_class, control),
        tuple(told for held in read for told in held.unreadable),
    )


def _without(pool: Array, concepts: Sequence[Array]) -> Array:
    """Return the rows of ``pool`` that are in no concept: a picture may be on one side only."""
    known = {row.tobytes() for features in concepts for row in np.round(features, 3)}
    return pool[[row.tobytes() not in known for row in np.round(pool, 3)]]


def _gradients(model: Runtime, request: TcavRequest, held: Pooled, control: Control) -> Array:
    chosen = np.arange(len(held))
    if len(chosen) > _MOST_CLASS:
        rng = np.random.default_rng(request.seed)
        chosen = np.sort(rng.choice(chosen, _MOST_CLASS, replace=False))
    rows = []
    for start in range(0, len(chosen), _CHUNK):
        control.check()
        control.progress(0.4 + 0.2 * start / len(chosen), f"gradient of picture {start + 1}")
        part = chosen[start : start + _CHUNK]
        batch = np.stack([held.sources[i].load().tensor() for i in part])
        directions = np.zeros((len(part), model.n_classes), np.float32)
        directions[:, request.target] = 1
        _, _, gradients = model.features_and_gradients(batch, directions, request.layer)
        rows.append(gradients.sum(axis=(1, 2)))
    return np.concatenate(rows)


# ---- what it comes to


def _scores(
    sets: Sequence[PictureSet],
    held: Sequence[Array],
    found: Sequence[Runs],
    nulls: dict[int, list[Runs]],
    label: str,
) -> tuple[ConceptScore, ...]:
    drawn = [np.array([n.alignments.mean() for n in nulls[len(c)]]) for c in held]
    p_values = [
        monte_carlo_p(float(own.alignments.mean()), null)
        for own, null in zip(found, drawn, strict=True)
    ]
    adjusted = holm(p_values).tolist()
    return tuple(
        _score(
            sets[i], len(held[i]), found[i], nulls[len(held[i])], p_values[i], adjusted[i], label
        )
        for i in range(len(sets))
    )


def _score(
    pictures: PictureSet, n: int, own: Runs, null: Sequence[Runs], p: float, adjusted: float,
    label: str,
) -> ConceptScore:  # fmt: skip
    alignments = [each.alignments.mean() for each in null]
    low, high = np.percentile(own.scores, [2.5, 97.5])
    null_low, null_high = np.percentile(alignments, [2.5, 97.5])
    score, alignment = float(own.scores.mean()), float(own.alignments.mean())
    accuracy = float(own.accuracies.mean())
    return ConceptScore(
        name=pictures.name,
        n_pictures=n,
        score=score,
        low=float(low),
        high=float(high),
        alignment=alignment,
        null_low=float(null_low),
        null_high=float(null_high),
        accuracy=accuracy,
        p=p,
        p_adjusted=adjusted,
        t_test_p=t_test_p(own.scores, np.array([each.scores[0] for each in null])),
        significant=adjusted <= ALPHA,
        words=_words(score, alignment, accuracy, adjusted <= ALPHA, label),
    )


def _words(score: float, alignment: float, accuracy: float, significant: bool, label: str) -> str:
    if not significant:
        told = "Not significant: random pictures taken for a concept do as well."
    elif alignment > 0:
        told = f"Significant: the logit of {label} rises along it in {score:.0%} of the pictures."
    else:
        told = (
            f"Significant: the logit of {label} falls along it in {1 - score:.0%} of the pictures."
        )
    if accuracy < _NEAR_CHANCE:
        told += (
            f" The model's features hardly tell these pictures from random ones (accuracy "
            f"{accuracy:.0%} where guessing gives 50%): the direction means little."
        )
    return told
