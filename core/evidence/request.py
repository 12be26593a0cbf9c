"""Requests about the truth of a map."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from core.contracts import EvidenceRequest, ExplainRequest
from core.errors import InputError
from core.evidence import registry
from core.evidence.base import check_mask
from core.modalities import registry as modalities
from core.modalities.capabilities import require
from core.models import zoo

__all__ = ["evidence_request"]


def evidence_request(
    explain: ExplainRequest,
    *,
    metrics: Sequence[str] | None = None,
    preset: str | None = None,
    mask: npt.NDArray[np.generic] | None = None,
    seed: int | None = None,
) -> EvidenceRequest:
    """Describe the work of examining one map, every argument checked.

    Parameters
    ----------
    explain : ExplainRequest
        The map in question.
    metrics : sequence of str, optional
        Ids of metrics; by default the quick set, with localisation where there is a mask. Twice
        the same counts once.
    preset : str, optional
        Protocol of deletion and insertion: ``"rise"``, ``"rise-full"`` or ``"xplique"``.
    mask : ndarray, shape (h, w), optional
        Where the object is, at the model's input size: boolean, or 0 for outside.
    seed : int, optional
        Seed of the draws; that of the map by default.

    Returns
    -------
    EvidenceRequest

    Raises
    ------
    InputError
        For an unknown metric or preset, a mask that is empty or of another size, or a metric that
        needs a mask where there is none, or a probability where what is explained has none.
    """
    protocol = modalities.get(explain.input.modality).preset(preset)
    marked = None if mask is None else np.asarray(mask) != 0
    if marked is not None:
        check_mask(marked, explain.input.tensor().shape[:-1])
    chosen = _chosen(metrics, with_mask=marked is not None)
    offer = explain.target.offer(zoo.get(explain.model.id).offer)
    for metric in metrics or ():
        require(f"The metric {metric}", registry.METRICS.find(metric).needs, offer)
    beyond = any(metric not in registry.QUICK for metric in chosen) or protocol.steps is None
    return EvidenceRequest(
        model=explain.model,
        weights_sha256=explain.weights_sha256,
        versions=explain.versions | _versions(chosen),
        seed=explain.seed if seed is None else seed,
        input=explain.input,
        explain=explain,
        metrics=chosen,
        preset=protocol.id,
        mask=marked,
        lane="batch" if beyond or explain.lane == "batch" else "interactive",
    )


def _versions(metrics: Sequence[str]) -> dict[str, str]:
    """Return the versions of the packages that brought some of the metrics."""
    return {k: v for metric in metrics for k, v in registry.METRICS.versions(metric).items()}


def _chosen(metrics: Sequence[str] | None, *, with_mask: bool) -> tuple[str, ...]:
    if metrics is None:
        return tuple(
            id
            for id, metric in registry.METRICS.own.items()
            if metric.quick and (with_mask or not metric.needs_mask)
        )
    chosen = tuple(dict.fromkeys(metrics))
    if not chosen:
        raise InputError(f"Choose at least one metric. Known: {', '.join(registry.METRICS)}.")
    for id in chosen:
        if registry.METRICS.find(id).needs_mask and not with_mask:
            raise InputError(
                f"The metric {id} asks whether the map lies on the object, and needs a mask that "
                "says where it is. Give a mask, or leave the metric out."
            )
    return chosen
