"""The work of certificates: chunk by chunk, each kept at once; what is done can be shown."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from core.contracts import (
    Certified,
    CertifyChunk,
    CertifyPictureRequest,
    CertifyRequest,
    ClassScore,
    PictureCertificate,
    count_text,
)
from core.control import Control, PartControl
from core.models.runtime import runtime_of
from core.proportions import wilson
from core.robustness.attacked_sample import refuse_probabilities
from core.robustness.certificates.base import Task
from core.robustness.certificates.registry import CERTIFIERS
from core.robustness.curves import curve, evaluated_eps, gaps, of_groups
from core.robustness.sample import Sample
from core.workspace import open_store

__all__ = ["certify", "certify_pictures", "so_far"]

_UNCERTIFIED = 1e-12
"""Radius of an answer that is right, though nothing is certain around it: above 0, below all ε."""


def certify(requests: Sequence[CertifyRequest], control: Control) -> list[Certified]:
    """Certify the pictures of each request.

    Raises
    ------
    InputError
        If the dataset has changed.
    CapabilityError
        If the model returns probabilities, or the method cannot read it.
    Cancelled
        Between pictures; the chunks that are done are kept.
    """
    return [_measure(request, control) for request in requests]


def certify_pictures(
    requests: Sequence[CertifyPictureRequest], control: Control
) -> list[PictureCertificate]:
    """Certify each request's picture.

    Raises
    ------
    CapabilityError
        If the method cannot read the model.
    Cancelled
        Between passes.
    """
    return [_one(request, control) for request in requests]


def so_far(request: CertifyRequest) -> Certified | None:
    """Return the curve over the chunks that are done; ``None`` if none is.

    It never loads the model: a page asks for it while another process certifies.
    """
    sample, chunks = _sample(request), []
    for start in sample.starts:
        chunk = _kept(request, start)
        if chunk is None:
            break
        chunks.append(chunk)
    return _assembled(request, sample, chunks, device="", seconds=0.0) if chunks else None


def _sample(request: CertifyRequest) -> Sample:
    sample = Sample(request)
    sample.chunk = min(sample.chunk, CERTIFIERS.find(request.method).chunk)
    return sample


def _kept(request: CertifyRequest, start: int) -> CertifyChunk | None:
    artefact = open_store().get(request.chunk_key(start))
    return None if artefact is None else CertifyChunk.from_artefact(artefact)


def _measure(request: CertifyRequest, control: Control) -> Certified:
    began = time.perf_counter()
    sample, method = _sample(request), CERTIFIERS.find(request.method)
    chunks = []
    for start in sample.starts:
        control.check()
        stop = min(start + sample.chunk, len(sample))
        words = f"{method.name}: {stop} of {count_text(len(sample), 'picture')}"
        chunk = _kept(request, start)
        if chunk is None:
            part = PartControl(control, start / len(sample), stop / len(sample), words)
            chunk = _chunk(request, sample, start, part)
            open_store().put(request.chunk_key(start), chunk.to_artefact(), kind="certify_chunk")
        chunks.append(chunk)
        control.progress(stop / len(sample), words)
    return _assembled(
        request, sample, chunks, device=sample.model.device, seconds=time.perf_counter() - began
    )


def _chunk(request: CertifyRequest, sample: Sample, start: int, control: Control) -> CertifyChunk:
    batch = sample.batch(start)
    logits = sample.model.logits(batch.inputs)
    refuse_probabilities(logits, request.model.id)
    task = Task(sample.model, batch.inputs, batch.rows, request.seed, control)
    found = CERTIFIERS.find(request.method)().certify(task, request.parameters)
    return CertifyChunk(
        radii=np.array([c.radius for c in found], np.float64),
        answers=np.array([-1 if c.answer is None else c.answer for c in found], np.int64),
        clean=logits.argmax(axis=1).astype(np.int64),
    )


def _assembled(
    request: CertifyRequest, sample: Sample, chunks: Sequence[CertifyChunk], *, device: str,
    seconds: float,
) -> Certified:  # fmt: skip
    radii, answers, clean = (
        np.concatenate([getattr(chunk, name) for chunk in chunks])
        for name in ("radii", "answers", "clean")
    )
    method, n = CERTIFIERS.find(request.method), len(radii)
    labels, groups = sample.labels[:n], sample.groups(n)
    kept = np.where(answers == labels, np.maximum(radii, _UNCERTIFIED), 0.0)
    members = of_groups(groups or [""] * n)
    radius_grid = request.radii or method().radius_grid(request.parameters, sample.n_values)
    steps = evaluated_eps(request.radii, radius_grid, kept)
    right = int((clean == labels).sum())
    low, high = wilson(right, n)
    return Certified(
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
        method=method.id,
        norm=method.norm,
        parameters=request.parameters,
        clean_accuracy=right / n,
        clean_low=low,
        clean_high=high,
        abstained=float((answers < 0).mean()),
        average_radius=float(np.where(answers == labels, radii, 0.0).mean()),
        by=request.by,
        slice=request.slice,
        curves=tuple(
            curve(method.id, kept[rows], None, steps, norm=method.norm, group=group)
            for group, rows in members.items()
        ),
        gaps=gaps(request.by, members, kept, steps, seed=request.seed) if groups else (),
        ids=tuple(sample.part.ids[i] for i in sample.rows[:n]),
        indices=sample.rows[:n],
        labels=labels,
        groups=groups,
        radii=radii,
        answers=answers,
        seed=request.seed,
        command=request.command,
    )


def _one(request: CertifyPictureRequest, control: Control) -> PictureCertificate:
    from scipy.special import softmax

    began = time.perf_counter()
    model, method = runtime_of(request), CERTIFIERS.find(request.method)
    picture = request.input.tensor()[None]
    logits = model.logits(picture)
    refuse_probabilities(logits, request.model.id)
    best = model.classes.ref(int(logits[0].argmax()))
    probability = float(softmax(logits[0])[best.index])
    task = Task(model, picture, np.zeros(1, np.int64), request.seed, control)
    found = method().certify(task, request.parameters)[0]
    return PictureCertificate(
        **model.provenance(request),
        seconds=time.perf_counter() - began,
        method=method.id,
        norm=method.norm,
        parameters=request.parameters,
        predicted=ClassScore(best.index, best.label, probability),
        answer=None if found.answer is None else model.classes.ref(found.answer),
        radius=found.radius,
        facts=dict(found.facts),
        seed=request.seed,
        command=request.command,
    )
