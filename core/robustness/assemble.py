"""From chunks to the result: curves, groups, gaps, and pictures to look at."""

from __future__ import annotations

import numpy as np

from core.contracts import (
    AdversarialExample,
    Array,
    AttackCheck,
    RobustCurve,
    Robustness,
    RobustnessChunk,
)
from core.proportions import wilson
from core.robustness.attacked_sample import AttackedSample
from core.robustness.attacks.registry import ATTACKS
from core.robustness.curves import WORST_CASE, curve, evaluated_eps, gaps, of_groups

__all__ = ["Chunks", "assemble", "worst_distances"]

Chunks = dict[str, list[RobustnessChunk]]


def worst_distances(distances: dict[str, Array]) -> Array:
    """Return for each picture the smallest distance over the attacks, controls left out.

    Where only controls were run, over those.
    """
    attacks = [own for name, own in distances.items() if not ATTACKS.find(name).control]
    return np.asarray(np.min(attacks or list(distances.values()), axis=0))


def assemble(
    sample: AttackedSample, chunks: Chunks, *, checks: tuple[AttackCheck, ...], seconds: float,
    device: str,
) -> Robustness:  # fmt: skip
    """Return the result over the pictures that ``chunks`` cover, the same for every attack.

    Without a pass of the model: whoever shows what is done so far need not load it.
    """
    request = sample.request
    distances = {a: np.concatenate([c.distances for c in own]) for a, own in chunks.items()}
    rounded = {a: np.concatenate([c.rounded for c in own]) for a, own in chunks.items()}
    worst, worst_rounded = worst_distances(distances), worst_distances(rounded)
    n = len(worst)
    groups = sample.groups(n)
    members = of_groups(groups or [""] * n)
    steps = evaluated_eps(request.epsilons, sample.eps_grid, worst)

    def drawn(attack: str, own: Array, whole: Array, *, control: bool) -> list[RobustCurve]:
        return [
            curve(
                attack, own[rows], whole[rows] if request.rounding else None, steps,
                norm=request.norm, group=group, control=control,
            )
            for group, rows in members.items()
        ]  # fmt: skip

    right = int((worst > 0).sum())
    low, high = wilson(right, n)
    curves = [
        c
        for attack in chunks
        for c in drawn(
            attack, distances[attack], rounded[attack], control=ATTACKS.find(attack).control
        )
    ]
    return Robustness(
        key=request.key,
        model=request.model.id,
        weights_sha256=request.weights_sha256,
        versions=request.versions,
        device=device,
        seconds=seconds,
        dataset=request.dataset.text,
        fingerprint=request.fingerprint,
        split=request.split,
        classes=sample.classes,
        asked=len(sample),
        n=n,
        clean_accuracy=right / n,
        clean_low=low,
        clean_high=high,
        attacks=tuple(chunks),
        norm=request.norm,
        by=request.by,
        curves=tuple(curves),
        worst_case=tuple(drawn(WORST_CASE, worst, worst_rounded, control=False)),
        gaps=gaps(request.by, members, worst, steps, seed=request.seed) if groups else (),
        checks=checks,
        examples=_examples(sample, chunks),
        ids=tuple(sample.part.ids[i] for i in sample.rows[:n]),
        indices=sample.rows[:n],
        labels=sample.labels[:n],
        groups=groups,
        distances=np.stack(list(distances.values())).astype(np.float32),
        seed=request.seed,
        command=request.command,
        slice=request.slice,
    )


def _examples(sample: AttackedSample, chunks: Chunks) -> tuple[AdversarialExample, ...]:
    """Return the pictures of the first chunk that each attack broke, one by one."""
    found = []
    for attack, own in chunks.items():
        first = own[0]
        for row, picture, answer in zip(first.shown, first.pictures, first.answers, strict=True):
            index = int(sample.rows[row])
            found.append(
                AdversarialExample(
                    index=index,
                    id=sample.part.ids[index],
                    attack=attack,
                    distance=float(first.distances[row]),
                    label=int(sample.labels[row]),
                    clean=int(first.clean[row]),
                    answer=int(answer),
                    original=sample.part.shown(index, sample.shape),
                    adversarial=picture,
                )
            )
    return tuple(found)
