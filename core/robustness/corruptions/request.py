"""Measure under everyday corruptions."""

from __future__ import annotations

from collections.abc import Sequence

from core.contracts import DEFAULT_MODEL, CorruptionRequest, SplitName
from core.data.registry import open_dataset
from core.errors import InputError, ParameterError
from core.modalities.capabilities import require
from core.models import zoo
from core.options.labelled import SlicedOptions, attribute, class_map, reference, sliced
from core.options.model import model_fields
from core.robustness.corruptions.registry import CORRUPTIONS

__all__ = ["corruption_request", "CorruptionOptions"]


class CorruptionOptions(SlicedOptions, total=False):
    """Of :func:`~core.requests.corruption_request`."""

    corruptions: Sequence[str] | None
    severities: Sequence[int]
    out_of_distribution: str | None


CORRUPTION_VERSION = "3"
"""Raise it when a change of the code changes what the same request leads to."""

_SEVERITIES = (1, 2, 3, 4, 5)


def corruption_request(
    dataset: str,
    *,
    model: str = DEFAULT_MODEL,
    corruptions: Sequence[str] | None = None,
    severities: Sequence[int] = _SEVERITIES,
    by: str | None = None,
    slice: str | None = None,
    out_of_distribution: str | None = None,
    split: SplitName = "test",
    limit: int | None = None,
    weights: str = "pretrained",
    classes: str | None = None,
    seed: int | None = None,
) -> CorruptionRequest:
    """Describe the work of predicting the corrupted pictures of a split.

    Parameters
    ----------
    dataset : str
        A dataset's reference, or a plain folder of pictures.
    corruptions : sequence of str, optional
        Ids; all by default.
    severities : sequence of int
        From 1 to 5.
    by : str, optional
        Attribute of the dataset that subgroups are formed by, or ``"class"``.
    slice : str, optional
        Text of a :class:`~core.contracts.Slice`: its pictures alone.
    out_of_distribution : str, optional
        Dataset or folder of other things; its test split is taken.
    split : {"train", "validation", "test"}
        Which of its splits.
    limit : int, optional
        So many pictures, drawn from the split or the slice; all of it by default.
    model, weights, classes, seed
        As in :func:`prediction_request`.

    Returns
    -------
    CorruptionRequest

    Raises
    ------
    InputError
        For an unknown name, a severity out of range, labels that are no classes of the model, or
        an attribute that is not there.
    CapabilityError
        If the model takes inputs that a corruption is not made for.
    """
    opened = open_dataset(reference(dataset))
    part = opened.part(split)
    within, n_all = sliced(slice, part)
    n = n_all if limit is None else min(limit, n_all)
    if n < 1:
        raise InputError(f"There is no picture in {opened.ref.text}, split {split}.")
    names = tuple(CORRUPTIONS) if corruptions is None else tuple(dict.fromkeys(corruptions))
    if not names:
        raise InputError(f"Choose at least one corruption. Known: {', '.join(CORRUPTIONS)}.")
    for name in names:
        corruption = CORRUPTIONS.find(name)
        require(corruption.name, corruption.needs, zoo.get(model).offer)
    levels = tuple(sorted(set(severities)))
    if not levels or not set(levels) <= set(_SEVERITIES):
        raise ParameterError(f"severities must be among 1 to 5. Received: {list(severities)}.")
    other = None if not out_of_distribution else open_dataset(reference(out_of_distribution))
    fields = model_fields(model, weights=weights, classes=classes, seed=seed)
    fields["versions"] = fields["versions"] | {"corruptions": CORRUPTION_VERSION}
    return CorruptionRequest(
        **fields,
        dataset=opened.ref,
        fingerprint=opened.fingerprint,
        split=split,
        limit=n,
        corruptions=names,
        severities=levels,
        by=attribute(by, part),
        class_map=class_map(opened, fields["model"]),
        other=None if other is None else other.ref,
        other_fingerprint="" if other is None else other.fingerprint,
        slice=within,
    )
