"""From chunks to the result: curves, groups, gaps, and pictures to look at."""

from __future__ import annotations

import numpy as np

from core.contracts import (
    AdversarialExample,
    Array,
    HonestyCheck,
    RobustCurve,
    Robustness,
    RobustnessChunk,
)
from core.proportions import wilson
from core.robustness.attacks.registry import ATTACKS
from core.robustness.curves import WORST_CASE, curve, gaps, grid, of_groups
from core.robustness.subject import Subject

__all__ = ["Chunks", "assemble", "worst_distances"]

Chunks = dict[str, list[RobustnessChunk]]


def worst_distances(distances: dict[str, Array]) -> Array:
    """Return for each picture the smallest distance over the attacks, controls left out.

    Where only controls were run, over those.
    """
    attacks = [own for name, own in distances.items() if not ATTACKS.find(name).control]
    return np.asarray(np.min(attacks or list(distances.values()), axis=0))


def assemble(
    subject: Subject, chunks: Chunks, *, checks: tuple[HonestyCheck, ...], seconds: float,
    device: str,
) -> Robustness:  # fmt: skip
    """Return the result over the pictures that ``chunks`` cover, the same for every attack.

    Without a pass of the model: whoever shows what is done so far need not load it.
    """
    request = subject.request
    distances = {a: np.concatenate([c.distances for c in own]) for a, own in chunks.items()}
    rounded = {a: np.concatenate([c.rounded for c in own]) for a, own in chunks.items()}
    worst, worst_rounded = worst_distances(distances), worst_distances(rounded)
    n = len(worst)
    groups = subject.groups(n)
    members = of_groups(groups or [""] * n)
    steps = grid(request.epsilons, subject.rungs, worst)

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
        classes=subject.classes,
        asked=len(subject),
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
        examples=_examples(subject, chunks),
        ids=tuple(subject.part.ids[i] for i in subject.rows[:n]),
        indices=subject.rows[:n],
        labels=subject.labels[:n],
        groups=groups,
        distances=np.stack(list(distances.values())).astype(np.float32),
        seed=request.seed,
        command=request.command,
        slice=request.slice,
    )


def _examples(subject: Subject, chunks: Chunks) -> tuple[AdversarialExample, ...]:
    """Return the pictures of the first chunk that each attack broke, one by one."""
    found = []
    for attack, own in chunks.items():
        first = own[0]
        for row, picture, answer in zip(first.shown, first.pictures, first.answers, strict=True):
            index = int(subject.rows[row])
            found.append(
                AdversarialExample(
                    index=index,
                    id=subject.part.ids[index],
                    attack=attack,
                    distance=float(first.distances[row]),
                    label=int(subject.labels[row]),
                    clean=int(first.clean[row]),
                    answer=int(answer),
                    original=subject.part.shown(index, subject.shape),
                    adversarial=picture,
                )
            )
    return tuple(found)
