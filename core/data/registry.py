"""The one list of datasets, and how a reference such as ``portraits?bias=0.9`` is read.

Packages add theirs through entry points of the group ``pellucid.datasets``.
"""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import parse_qsl, unquote

from core.contracts import DatasetRef
from core.data.base import Dataset, DatasetKind
from core.data.cifar10.dataset import Cifar10
from core.data.folder.dataset import Folder
from core.data.portraits.dataset import Portraits
from core.data.tfds import Tfds
from core.errors import InputError
from core.parameters import resolve
from core.registry import Registry

__all__ = ["DATASETS", "open_dataset", "parse"]

_OWN: tuple[type[DatasetKind], ...] = (Portraits, Cifar10, Folder, Tfds)

DATASETS: Registry[type[DatasetKind]] = Registry(
    "dataset", _OWN, group="pellucid.datasets", base=DatasetKind
)


def parse(text: str) -> DatasetRef:
    """Read ``id[:source][?name=value&…]``, every part checked.

    Raises
    ------
    InputError
        For an unknown id, a source that is missing or not wanted, a parameter that does not fit.

    Examples
    --------
    >>> parse("portraits?bias=0.9").parameters
    (('bias', 0.9),)
    """
    head, _, query = text.strip().partition("?")
    dataset_id, _, source = head.partition(":")
    kind = DATASETS.find(dataset_id)
    if source and not kind.source:
        raise InputError(f"{dataset_id} takes no source. Received: {text!r}.")
    if kind.source and not source and not kind.optional_source:
        raise InputError(
            f"{dataset_id} needs {kind.source} behind a colon, {kind.usage()}. Received: {text!r}."
        )
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
    except ValueError as error:
        raise InputError(
            f"Parameters of a dataset are written name=value, with & between. Received: {query!r}."
        ) from error
    given = dict(pairs)
    if len(given) < len(pairs):
        raise InputError(f"A parameter is given twice: {query!r}.")
    values = resolve(kind.parameters, given, owner=dataset_id)
    changed = [(p.name, values[p.name]) for p in kind.parameters if values[p.name] != p.default]
    return DatasetRef(dataset_id, unquote(source), tuple(changed))


def open_dataset(ref: DatasetRef | str) -> Dataset:
    """Open a dataset; one that was opened lately, and has not changed, is not read again.

    Raises
    ------
    InputError
        As :func:`parse`, and for data that cannot be used.
    """
    checked = parse(ref) if isinstance(ref, str) else ref
    return _opened(checked, DATASETS.find(checked.id)().stamp(checked))


@lru_cache(maxsize=8)
def _opened(ref: DatasetRef, stamp: str) -> Dataset:
    del stamp  # part of the cache's key alone
    kind = DATASETS.find(ref.id)
    values = resolve(kind.parameters, dict(ref.parameters), owner=ref.id)
    return kind().open(ref, values)
