"""What all requests about fairness share: table or dataset, columns, rules, every one checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TypedDict, cast

from core.contracts import (
    ADJUSTMENTS,
    DEFAULT_MODEL,
    MISSING,
    ROWS,
    Adjustment,
    DatasetPredictRequest,
    FairnessRules,
    RowsChoice,
    SplitName,
    TableColumns,
    TableSource,
)
from core.data.registry import open_dataset
from core.data.request import dataset_request
from core.errors import InputError, ParameterError
from core.fairness.gaps.specs import get_gap
from core.fairness.reading.bins import is_bins
from core.fairness.reading.rows import column_names
from core.fairness.reading.uploaded_tables import table_source
from core.files import spelled_out
from core.options.model import chosen_seed
from core.tabular.head import listed_names, nfc

__all__ = [
    "FAIRNESS_VERSION", "AuditOptions", "Table", "audit_fields", "check_one_of", "columns_fields",
    "library_versions", "predict_request", "predictions_fields",
]  # fmt: skip

FAIRNESS_VERSION = "10"
"""Raise it when a change of the statistics changes what the same request leads to."""
_LIBRARIES = ("numpy", "scipy", "duckdb")
_MOST_ATTRIBUTES = 12
_SMALL_BYTES = 50_000_000

Bins = Mapping[str, int | str | Sequence[float]]
Table = str | Path | TableSource


class AuditOptions(TypedDict, total=False):
    """What all requests about fairness take besides the table; everything may be left out.

    Parameters
    ----------
    dataset : str
        In place of a table, such as ``portraits?bias=0.9``: predictions are made first.
    model, weights, classes, split, limit
        Whose predictions of the dataset, and of which pictures: as in :func:`dataset_request`.
    label, prediction, score, weight, condition : str
        Columns of the table; of a dataset only ``condition``.
    threshold, positive
        See :class:`~core.contracts.TableColumns`, as of the columns.
    groups : sequence of str
        Attributes; of a dataset all that it has, unless told otherwise.
    bins : mapping
        For numeric attributes a number of quantile groups, or rising cuts; for dates ``"month"``
        or ``"year"``.
    map : mapping
        Which class a value of label or prediction means, where the two columns spell it
        differently: ``{"yes": "1", "no": "0"}``. Known pairs are matched without it.
    missing : sequence of str
        Words that stand for no value; :data:`~core.contracts.MISSING` by default. The empty cell
        and NaN always do.
    drop_missing : bool
        Leave rows out that have no label, prediction, score or weight, and say how many.
    intersections, gaps, alpha, tolerance, min_n, adjust, n_boot, n_bins, reference
        See :class:`~core.contracts.FairnessRules`.
    seed : int or None
        The setting's by default.
    rows : {"all", "explore", "confirm"}
        All rows, or one of two halves that never mix: explore one, confirm once on the other.
    """

    dataset: str | None
    model: str
    weights: str
    classes: str | None
    split: SplitName
    limit: int | None
    label: str
    prediction: str
    score: str
    threshold: float
    groups: Sequence[str]
    weight: str
    condition: str
    positive: str
    bins: Bins | None
    map: Mapping[str, str]
    missing: Sequence[str]
    drop_missing: bool
    intersections: bool
    gaps: Sequence[str]
    alpha: float
    tolerance: float
    min_n: int
    adjust: Adjustment
    n_boot: int
    n_bins: int
    reference: str
    seed: int | None
    rows: RowsChoice


def audit_fields(table: Table | None, options: AuditOptions) -> dict[str, Any]:
    """Return the fields of an :class:`~core.contracts.AuditRequest`, checked."""
    dataset = options.get("dataset")
    if (table is None) == (dataset is None):
        raise InputError(
            "Expected a prediction table, or a model on a dataset (--model ID --dataset NAME): "
            f"one of the two. Received {'neither' if table is None else 'both'}."
        )
    if table is None:
        predict = predict_request(options)
        groups = open_dataset(str(dataset)).part(predict.split).groups
        return predictions_fields(groups, options) | {"predict": predict}
    fields = _common_fields(options)
    source = table if isinstance(table, TableSource) else table_source(spelled_out(table))
    there = column_names(Path(source.path), name=source.name)
    _table_columns(fields["columns"], source.name, there)
    return fields | {
        "table": source,
        "columns": _checked(fields["columns"]),
        "lane": "interactive" if _is_small(source) else "batch",
    }


def columns_fields(names: Sequence[str], options: AuditOptions) -> dict[str, Any]:
    """Return the same fields for columns in memory, which are called ``names``."""
    fields = _common_fields(options)
    _table_columns(fields["columns"], "The table", names)
    return fields | {"columns": _checked(fields["columns"])}


def predictions_fields(groups: Mapping[str, object], options: AuditOptions) -> dict[str, Any]:
    """Return the same fields for predictions of a dataset that has the attributes ``groups``."""
    fields = _common_fields(options)
    return fields | {"columns": _checked(_dataset_columns(fields["columns"], groups))}


def _common_fields(options: AuditOptions) -> dict[str, Any]:
    unknown = sorted(set(options) - set(AuditOptions.__annotations__))
    if unknown:
        raise ParameterError(
            f"An audit has no option {unknown[0]!r}. It takes: "
            f"{', '.join(AuditOptions.__annotations__)}."
        )
    return {
        "table": None,
        "predict": None,
        "columns": TableColumns(
            label=nfc(options.get("label", "")),
            prediction=nfc(options.get("prediction", "")),
            score=nfc(options.get("score", "")),
            threshold=options.get("threshold", 0.5),
            groups=tuple(map(nfc, options.get("groups", ()))),
            weight=nfc(options.get("weight", "")),
            condition=nfc(options.get("condition", "")),
            positive=nfc(options.get("positive", "")),
            bins=_bins(options.get("bins") or {}),
            map=_map(options.get("map") or {}),
            missing=tuple(options.get("missing", MISSING)),
            drop_missing=options.get("drop_missing", False),
        ),
        "rules": _rules(options),
        "seed": chosen_seed(options.get("seed")),
        "rows": _rows(options),
        "versions": library_versions(_LIBRARIES) | {"fairness": FAIRNESS_VERSION},
        "lane": "batch",
    }


def _rows(options: AuditOptions) -> RowsChoice:
    chosen = options.get("rows", "all")
    check_one_of("rows", chosen, ROWS)
    return chosen


def _is_small(source: TableSource) -> bool:
    return Path(source.path).stat().st_size <= _SMALL_BYTES


def predict_request(options: AuditOptions) -> DatasetPredictRequest:
    """Return what predicts the pictures that are audited."""
    return dataset_request(
        str(options["dataset"]),
        model=options.get("model", DEFAULT_MODEL),
        weights=options.get("weights", "pretrained"),
        classes=options.get("classes"),
        split=options.get("split", "test"),
        limit=options.get("limit"),
        seed=options.get("seed"),
    )


def _bins(bins: Bins) -> tuple[tuple[str, str], ...]:
    found = []
    for column, cuts in bins.items():
        text = cuts if isinstance(cuts, str) else str(cuts) if isinstance(cuts, int) else ""
        text = text or ",".join(repr(float(cut)) for cut in cast(Sequence[float], cuts))
        if not is_bins(text):
            raise ParameterError(
                f"Groups of {column!r} are a number from 2 to 20 (quantiles), up to 20 rising cuts "
                "such as 18,30,65 (one cut: 18.0), or of dates 'month' or 'year'. "
                f"Received: {text!r}."
            )
        found.append((nfc(column), text))
    return tuple(found)


def _map(given: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    def text(value: object) -> str:
        return nfc(str(value).strip())

    pairs = tuple((text(value), text(name)) for value, name in given.items())
    for value, name in pairs:
        if not value or not name:
            raise ParameterError(
                "A value is mapped to the class that it means, such as yes=1. "
                f"Received: {value!r} = {name!r}."
            )
    return pairs


def _table_columns(columns: TableColumns, title: str, there: Sequence[str]) -> None:
    named = {
        "label": columns.label,
        "prediction": columns.prediction,
        "score": columns.score,
        "weight": columns.weight,
        "condition": columns.condition,
        **{f"group {name}": name for name in columns.groups},
    }
    for use, column in named.items():
        if column and column not in there:
            raise InputError(
                f"{title} has no column {column!r} ({use}). It has: {listed_names(there)}."
            )
    if not columns.prediction and not columns.score:
        raise InputError(
            "Which column holds the predictions? Name predicted classes (--y-pred) or scores "
            "(--score with --threshold)."
        )
    if not columns.groups:
        raise InputError("Name at least one column that groups are formed by (--group).")
    if columns.prediction and columns.prediction == columns.label:
        raise InputError(
            f"The column {columns.label!r} is named as label and as prediction. Name two columns."
        )


def _dataset_columns(columns: TableColumns, groups: Mapping[str, object]) -> TableColumns:
    mapped = [columns.label, columns.prediction, columns.score, columns.weight]
    if any(mapped):
        raise InputError(
            "A model's predictions of a dataset bring their labels and scores: name groups, "
            f"condition and positive class alone. Received: {next(filter(None, mapped))!r}."
        )
    for name in (*columns.groups, *filter(None, [columns.condition])):
        if name not in groups:
            raise InputError(
                f"The dataset has no attribute {name!r}. It has: {', '.join(groups) or 'none'}."
            )
    found = columns.groups or tuple(name for name in groups if name != columns.condition)
    if not found:
        raise InputError("The dataset has no attribute that groups could be formed by.")
    return replace(columns, groups=found)


def _checked(columns: TableColumns) -> TableColumns:
    if len(set(columns.groups)) < len(columns.groups):
        twice = next(name for name in columns.groups if columns.groups.count(name) > 1)
        raise InputError(f"The group column {twice!r} is named twice. Name it once.")
    if len(columns.groups) > _MOST_ATTRIBUTES:
        raise InputError(
            f"At most {_MOST_ATTRIBUTES} attributes are compared at once. Received: "
            f"{len(columns.groups)}."
        )
    if columns.condition in columns.groups:
        raise InputError(
            f"{columns.condition!r} is both group and condition: within equal values of a group "
            "there is nothing to compare. Choose another condition."
        )
    for column, _ in columns.bins:
        if column not in (*columns.groups, columns.condition):
            raise InputError(f"{column!r} is to be cut into groups, but is no group column.")
    if not 0 <= columns.threshold <= 1:
        raise ParameterError(
            f"threshold must lie in [0, 1], as scores do. Received: {columns.threshold:g}."
        )
    return columns


def _rules(options: AuditOptions) -> FairnessRules:
    default = FairnessRules()
    rules = FairnessRules(
        alpha=options.get("alpha", default.alpha),
        tolerance=options.get("tolerance", default.tolerance),
        min_n=options.get("min_n", default.min_n),
        adjust=options.get("adjust", default.adjust),
        intersections=options.get("intersections", default.intersections),
        gaps=tuple(options.get("gaps", default.gaps)),
        n_boot=options.get("n_boot", default.n_boot),
        n_bins=options.get("n_bins", default.n_bins),
        reference=options.get("reference", default.reference),
    )
    for gap in rules.gaps:
        get_gap(gap)
    check_one_of("adjust", rules.adjust, ADJUSTMENTS)
    _between("alpha", rules.alpha, 0.0001, 0.5)
    _between("tolerance", rules.tolerance, 0, 0.99)
    _between("min_n", rules.min_n, 1, 1_000_000)
    _between("n_boot", rules.n_boot, 2000, 100_000)
    _between("n_bins", rules.n_bins, 2, 100)
    return rules


def _between(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise ParameterError(f"{name} must be from {low:g} to {high:g}. Received: {value:g}.")


def check_one_of(name: str, value: str, known: Sequence[str]) -> None:
    """Refuse what is not among ``known``."""
    if value not in known:
        raise ParameterError(f"{name} must be one of {', '.join(known)}. Received: {value!r}.")


def library_versions(libraries: Sequence[str]) -> dict[str, str]:
    """Return the version of each library, ``""`` for one that is not installed."""
    found = {}
    for library in libraries:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            found[library] = ""
    return found
