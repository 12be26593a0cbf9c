"""Fairness audits: what may be audited, requests, and everything that a report is shown as."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np
import numpy.typing as npt

from core import api
from core.api import local_law_144_csv, slice_members
from core.contracts import (
    DatasetPredictions,
    FairnessReport,
    FairnessRequest,
    Finding,
    GapCard,
    GroupMetricCard,
    Mitigation,
    MitigationRequest,
    ParityCost,
    ScoreCurves,
    Slice,
    SliceReport,
    SlicesRequest,
    TablePreview,
    TableSource,
    ThresholdEffect,
)
from core.errors import InputError
from dashboard.lru import Lru
from dashboard.services._cards import by_id
from dashboard.services._catalogue import class_names, models
from dashboard.services._datasets import hide_source
from dashboard.services._requests import once
from dashboard.services._runs import run, weights_of
from dashboard.services._shown_data import (
    ShownSplit,
    datasets_of,
    shown_split,
    telling_first,
)

__all__ = [
    "audited_data", "audited_models", "fairness_file", "fairness_findings", "fairness_gaps",
    "fairness_metrics", "fairness_request", "fairness_slices_request", "forget_slice",
    "forget_table", "hold_table", "local_law_144_csv", "mitigation_request", "parity_cost",
    "preview_table", "public_report", "recall_table", "save_slice", "saved_slices", "slice_members",
    "table_types", "threshold_effect", "worst_of",
]  # fmt: skip

Options = Mapping[str, Any]
FileKind = Literal["csv", "parquet", "json"]
Audited = TypeVar("Audited", FairnessReport, SliceReport, Mitigation)
_tables: Lru[str, TableSource] = Lru(256)
_previews: Lru[str, TablePreview] = Lru(64)
_findings: Lru[str, tuple[Finding, ...]] = Lru(64)
_costs: Lru[tuple[str, str, str], ParityCost] = Lru(64)


# ---- what may be audited


def audited_data(model: str) -> ShownSplit | None:
    """Return the test sources that a model is audited on, if they come in groups.

    Its own; for models that were not trained here, those of a dataset of exactly their classes.
    """
    card = models().get(model)
    if card is None or (card.trained_on and run(model) is None):
        return None
    for text in (card.trained_on,) if card.trained_on else datasets_of(card.modality):
        try:
            split = shown_split(text)
        except InputError:  # the log says why
            continue
        if split.groups and (card.trained_on or split.classes == class_names(model)):
            return split
    return None


def audited_models() -> tuple[str, ...]:
    """Return the models with groups to audit: those that come with Pellucid first."""
    found = [id for id in models() if audited_data(id) is not None]
    return telling_first(found)


def table_types() -> tuple[str, ...]:
    """Return the endings of tables that can be read, without the dot."""
    return tuple(suffix.removeprefix(".") for suffix in api.TABLE_SUFFIXES)


def hold_table(data: bytes, *, name: str) -> TableSource:
    """Keep an uploaded table for a day and remember it by its content.

    Raises
    ------
    InputError
        If it is no table that can be read.
    """
    source = api.hold_table(data, name=name)
    _tables.put(source.sha256, source)
    return source


def recall_table(sha256: str) -> TableSource | None:
    """Return an uploaded table if the server still has it."""
    source = _tables.get(sha256)
    return source if source is not None and Path(source.path).is_file() else None


def forget_table(source: TableSource) -> None:
    """Delete an uploaded table now."""
    _tables.drop(source.sha256)
    api.release_table(source)


def preview_table(source: TableSource) -> TablePreview:
    """Return names and first rows of an uploaded table."""
    return _previews.get_or(source.sha256, lambda: api.preview_table(source))


# ---- requests


def fairness_request(
    options: Options, *, table: TableSource | None = None, model: str = ""
) -> FairnessRequest:
    """Return the request for the audit of a table, or of a model on its own test pictures.

    Raises
    ------
    InputError
        If a column or rule does not fit.
    """
    return once(
        _key("fairness", options, table, model),
        lambda: api.fairness_request(table, **_subject(model), **_read(options)),
    )


def fairness_slices_request(
    options: Options, *, metric: str, table: TableSource | None = None, model: str = ""
) -> SlicesRequest:
    """Return the request for the slices that a rate is worst for.

    Raises
    ------
    InputError
        If a column or rule does not fit.
    """
    return once(
        _key("slices", {**options, "metric": metric}, table, model),
        lambda: api.slices_request(table, metric=metric, **_subject(model), **_read(options)),
    )


def mitigation_request(
    options: Options, *, table: TableSource | None = None, model: str = ""
) -> MitigationRequest:
    """Return the request for other decisions: a table's on one half, a model's on its validation.

    Raises
    ------
    InputError
        If a column, rule or attribute does not fit.
    """
    return once(
        _key("mitigation", options, table, model),
        lambda: api.mitigation_request(table, **_subject(model), **_read(options)),
    )


def _read(options: Options) -> dict[str, Any]:
    """Return options with what visitors write in one line taken apart."""
    found = dict(options)
    if isinstance(found.get("map"), str):
        found["map"] = api.parse_class_map([found["map"]])
    if isinstance(found.get("missing"), str):
        found["missing"] = [word for word in found["missing"].split(",") if word.strip()]
    return found


def _subject(model: str) -> dict[str, Any]:
    return {"dataset": _dataset(model), "model": model} if model else {}


def _dataset(model: str) -> str:
    data = audited_data(model)
    return models()[model].trained_on if data is None else data.dataset


def _key(
    kind: str, options: Options, table: TableSource | None, model: str
) -> tuple[str, str, str, str]:
    data = audited_data(model)
    return (
        kind,
        (table.sha256 + table.name) if table is not None else model,
        "" if data is None else data.fingerprint + weights_of(model),
        repr(sorted(options.items())),
    )


def public_report(report: Audited, *, table: TableSource | None, model: str) -> Audited:
    """Return a report without the places where table and dataset lie on this server."""
    if table is not None:
        command = report.command.replace(shlex.quote(table.path), shlex.quote(table.name))
        return replace(report, command=command)
    dataset = _dataset(model)
    return replace(
        report,
        command=hide_source(report.command, dataset),
        source=hide_source(report.source, dataset),
    )


# ---- what a report is shown as


fairness_metrics: Callable[[], dict[str, GroupMetricCard]] = by_id(api.fairness_metrics)
"""The cards of the metrics of groups by id."""


fairness_gaps: Callable[[], dict[str, GapCard]] = by_id(api.fairness_gaps)
"""The cards of the gaps by id."""


def fairness_findings(report: FairnessReport) -> tuple[Finding, ...]:
    """Return every gap in plain language, flagged ones first."""
    return _findings.get_or(report.key, lambda: api.fairness_findings(report))


def parity_cost(report: FairnessReport, curves: ScoreCurves, constraint: str) -> ParityCost:
    """Return how much accuracy a smaller gap costs."""
    key = (report.key, curves.attribute, constraint)
    return _costs.get_or(key, lambda: api.parity_cost(curves, constraint))


def threshold_effect(
    report: FairnessReport, curves: ScoreCurves, thresholds: Mapping[str, float]
) -> ThresholdEffect:
    """Return what a threshold for each group leads to."""
    return api.threshold_effect(curves, thresholds, rules=report.rules)


def fairness_file(
    report: FairnessReport, kind: FileKind, part: Literal["rates", "gaps", "pairs"] = "rates"
) -> bytes:
    """Return rates, gaps or pairs as CSV or Parquet, or the whole report as JSON."""
    if kind == "json":
        return api.fairness_json(report).encode()
    return api.fairness_csv(report, part) if kind == "csv" else api.fairness_parquet(report, part)


# ---- rows of a dataset, and slices with a name


def saved_slices(source: ShownSplit | TableSource) -> dict[str, Slice]:
    """Return the slices of some data that somebody here gave a name."""
    return api.saved_slices(_data_of(source))


def save_slice(source: ShownSplit | TableSource, name: str, chosen: Slice) -> None:
    """Give a slice a name.

    Raises
    ------
    InputError
        If the name or the slice cannot be kept.
    """
    api.save_slice(_data_of(source), name, chosen)


def forget_slice(source: ShownSplit | TableSource, name: str) -> None:
    """Delete a saved slice."""
    api.forget_slice(_data_of(source), name)


def _data_of(source: ShownSplit | TableSource) -> str:
    return source.sha256 if isinstance(source, TableSource) else source.fingerprint


def worst_of(
    predictions: DatasetPredictions, among: npt.NDArray[np.int64], k: int
) -> tuple[api.Mistake, ...]:
    """Return the ``k`` surest wrong answers among some pictures."""
    wanted = set(among.tolist())
    everything = api.mistakes(predictions, len(predictions.labels))
    return tuple(each for each in everything if each.index in wanted)[:k]
