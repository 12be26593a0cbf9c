"""Reports to take along: one JSON object, tables as CSV and Parquet."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from core.contracts import P_OF, FairnessReport, GroupGap, GroupTable, LeftOut, MetricName

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "csv_bytes", "document", "full_json", "gaps_table", "pairs_table", "rates_table", "table_csv",
    "table_parquet",
]  # fmt: skip

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def document(report: FairnessReport) -> dict[str, Any]:
    """Return what the command line prints: plain JSON, ``None`` where a value is not estimable."""
    return {
        "n": report.n,
        "rows": report.taken.document(report.n),
        "groups": [
            {
                "attribute": table.attribute,
                "group": group,
                "n": int(table.n[g]),
                "rates": {
                    metric: _rate(table, group, metric, weighted=report.weighted)
                    for metric in table.metrics
                },
            }
            for table in report.tables
            for g, group in enumerate(table.groups)
        ],
        "gaps": [
            {
                "attribute": gap.attribute,
                "metric": gap.metric,
                **gap.name.fields,
                "difference": _plain(gap.difference),
                "ratio": _plain(gap.ratio),
                "low": _plain(gap.low),
                "high": _plain(gap.high),
                "p": _plain(gap.p),
                "p_adjusted": _plain(gap.p_adjusted),
                "p_flag": _plain(gap.p_flag),
                "p_pass": _plain(gap.p_pass),
                "verdict": gap.verdict,
                "reason": gap.reason,
                "groups": list(gap.groups),
                "excluded": _excluded(gap.excluded, weighted=report.weighted),
                "highest": gap.highest,
                "lowest": gap.lowest,
                "needed_n": gap.needed_n,
            }
            for gap in report.gaps
        ],
        "pairs": [_pair(pair, weighted=report.weighted) for pair in report.pairs],
        "p_of": P_OF,
        "unknown": dict(report.unknown),
        **({"notes": list(report.notes)} if report.notes else {}),
    }


def _excluded(excluded: Mapping[str, LeftOut], *, weighted: bool) -> dict[str, Any]:
    return {
        name: {
            "reason": out.reason,
            "n": _count(out.n, whole=not weighted),
            "could_hide": _plain(out.could_hide),
        }
        for name, out in excluded.items()
    }


def _pair(pair: GroupGap, *, weighted: bool) -> dict[str, Any]:
    numbers = ("difference", "low", "high", "p", "p_flag", "p_pass")
    return {
        "attribute": pair.attribute,
        "metric": pair.metric,
        **MetricName.parse(pair.metric).fields,
        "groups": [pair.group, pair.reference],
        "reference": pair.kind,
        **{name: _plain(getattr(pair, name)) for name in numbers},
        "verdict": pair.verdict,
        "excluded": _excluded(pair.excluded, weighted=weighted),
    }


def _rate(table: GroupTable, group: str, metric: str, *, weighted: bool) -> dict[str, Any]:
    rate = table.rate(group, metric)
    found: dict[str, Any] = {
        **MetricName.parse(metric).fields,
        "k": _count(rate.k, whole=not weighted),
        "n": _count(rate.n, whole=not weighted),
        "value": _plain(rate.value),
        "low": _plain(rate.low),
        "high": _plain(rate.high),
    }
    if weighted:
        found["n_effective"] = _plain(rate.n_effective)
    if rate.reason:
        found["reason"] = rate.reason
    return found


def _plain(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _count(value: float, *, whole: bool) -> float | None:
    return round(value) if whole and math.isfinite(value) else _plain(value)


def full_json(report: FairnessReport) -> str:
    """Return the whole report as JSON: with curves, calibration, inequality, rules and notes."""

    def plain(item: Any) -> Any:
        if isinstance(item, dict):
            return {key: plain(part) for key, part in item.items()}
        if isinstance(item, list | tuple):
            return [plain(part) for part in item]
        return _plain(item) if isinstance(item, float) else item

    artefact = report.to_artefact()
    arrays = {name: array.tolist() for name, array in artefact.arrays.items()}

    def inlined(item: Any) -> Any:
        if isinstance(item, dict):
            if item.keys() == {"$array"}:
                return arrays[item["$array"]]
            return {key: inlined(part) for key, part in item.items()} | _named(item)
        return [inlined(part) for part in item] if isinstance(item, list) else item

    whole = inlined(artefact.document)
    for gap, found in zip(report.gaps, whole["gaps"], strict=True):
        found |= {"verdict": gap.verdict, "reason": gap.reason}
    whole["pairs"] = [_pair(pair, weighted=report.weighted) for pair in report.pairs]
    whole["p_of"] = P_OF
    return json.dumps(plain(whole), indent=2, ensure_ascii=False, allow_nan=False)


def _named(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parts of the metrics that a part of a report names, as fields beside them."""
    one, several = item.get("metric"), item.get("metrics")
    if isinstance(several, list | tuple):
        return {"metric_fields": [MetricName.parse(each).fields for each in several]}
    return dict(MetricName.parse(one).fields) if isinstance(one, str) else {}


def _columns(metric: str) -> dict[str, str]:
    """Return the same as columns at the end of a table, ``""`` for none."""
    return {name: part or "" for name, part in MetricName.parse(metric).fields.items()}


def rates_table(report: FairnessReport) -> pa.Table:
    """Return a row for each metric of each group, all rows together first."""
    import pyarrow as pa

    rows = [
        {
            "attribute": table.attribute,
            "group": group,
            "rows": int(table.n[g]),
            **_row(table, group, metric),
        }
        for table in (report.overall, *report.tables)
        for g, group in enumerate(table.groups)
        for metric in table.metrics
    ]
    return pa.Table.from_pylist(rows)


def _row(table: GroupTable, group: str, metric: str) -> dict[str, Any]:
    rate = table.rate(group, metric)
    numbers = ("k", "n", "n_effective", "value", "low", "high")
    found = {name: _plain(getattr(rate, name)) for name in numbers}
    return {"metric": metric, **found, "reason": rate.reason, **_columns(metric)}


def gaps_table(report: FairnessReport) -> pa.Table:
    """Return a row for each gap."""
    import pyarrow as pa

    numbers = ("difference", "ratio", "low", "high", "p", "p_adjusted", "p_flag", "p_pass",
               "alpha", "tolerance")  # fmt: skip
    return pa.Table.from_pylist(
        [
            {
                "attribute": gap.attribute,
                "metric": gap.metric,
                "verdict": gap.verdict,
                **{name: _plain(getattr(gap, name)) for name in numbers},
                "highest": gap.highest,
                "lowest": gap.lowest,
                "needed_n": gap.needed_n,
                "not_covered": ", ".join(gap.excluded),
                "reason": gap.reason,
                **_columns(gap.metric),
            }
            for gap in report.gaps
        ]
    )


def pairs_table(report: FairnessReport) -> pa.Table:
    """Return a row for each comparison of a group, those with the most evidence first."""
    import pyarrow as pa

    texts = ("attribute", "metric", "group", "reference", "kind", "verdict")
    numbers = ("difference", "low", "high", "p", "p_flag", "p_pass", "alpha", "tolerance")
    columns: dict[str, list[Any]] = {
        name: [getattr(pair, name) for pair in report.pairs] for name in (*texts, *numbers)
    }
    columns["not_covered"] = [", ".join(pair.excluded) for pair in report.pairs]
    named = [_columns(pair.metric) for pair in report.pairs]
    for name in MetricName("").fields:
        columns[name] = [each[name] for each in named]
    return pa.table(columns)


def table_parquet(table: pa.Table) -> bytes:
    """Return a table as a Parquet file."""
    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    return buffer.getvalue()


def table_csv(table: pa.Table) -> bytes:
    """Return a table as CSV."""
    return csv_bytes(table.column_names, (row.values() for row in table.to_pylist()))


def csv_bytes(header: Sequence[str], rows: Iterable[Iterable[object]]) -> bytes:
    """Return rows as CSV (UTF-8), without cells that a spreadsheet takes for formulas."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue().encode()


def _cell(value: object) -> object:
    """Keep a stranger's text from becoming a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
