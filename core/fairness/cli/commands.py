"""Commands about fairness: fairness, slices, mitigate."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from core import api
from core.contracts import (
    P_OF,
    FairnessReport,
    FairnessVerdict,
    Looks,
    MetricName,
    Mitigation,
    RowsTaken,
    Slice,
    SliceFinding,
    SliceReport,
    SplitName,
    count_text,
    decimals_beside,
    exactly,
)
from core.errors import InputError
from core.fairness.cli.looks import looked
from core.fairness.cli.options import audited
from core.fairness.request.fields import AuditOptions
from core.numerals import NOTHING
from core.tabular.folder_table import TABLE
from core.terminal.options import JsonFlag, app, emit, number, whole
from core.terminal.outputs import check_places

__all__: list[str] = []

_COMPARED = 10
_MARKS = {"flag": "✗", "pass": "✓", "insufficient evidence": "?", "excluded": "–"}


@app.command()
@audited
def fairness(
    table: Path | None,
    options: AuditOptions,
    out: Annotated[
        Path | None,
        typer.Option(help="Write rates as .csv or .parquet, or the whole report as .json."),
    ] = None,
    gaps_out: Annotated[
        Path | None, typer.Option(help="Write the gaps as .csv or .parquet.")
    ] = None,
    local_law_144: Annotated[
        Path | None, typer.Option(help="Write audit tables in the layout of Local Law 144 (.csv).")
    ] = None,
    json_: JsonFlag = False,
) -> None:
    """Say which gaps between groups are real, and which there is too little data for."""
    _check_suffix("--out", out, (".csv", ".parquet", ".json"))
    _check_suffix("--gaps-out", gaps_out, (".csv", ".parquet"))
    _check_suffix("--local-law-144", local_law_144, (".csv",))
    written = {"--out": out, "--gaps-out": gaps_out, "--local-law-144": local_law_144}
    check_places(written, [table, options.get("classes"), *_dataset_paths(options)])
    report, looks = looked(api.fairness_request(table, **options))
    if out is not None:
        whole = out.suffix == ".json"
        out.write_bytes(
            api.fairness_json(report).encode() if whole else _part(report, "rates", out)
        )
    if gaps_out is not None:
        gaps_out.write_bytes(_part(report, "gaps", gaps_out))
    if local_law_144 is not None:
        selected = "selection_rate" in report.overall.metrics
        local_law_144.write_bytes(
            api.local_law_144_csv(report, basis="selection" if selected else "scoring")
        )
    document = api.fairness_document(report) | {"looks": api.looks_document(looks)}
    emit(document, json_, lambda: _lines(report, looks))


def _dataset_paths(options: AuditOptions) -> list[str]:
    """Return the paths that a dataset and a model's weights are read from, where they are paths."""
    dataset = options.get("dataset") or ""
    source = dataset.partition(":")[2].partition("?")[0]
    paths = [source, f"{source}/{TABLE}", dataset, f"{dataset}/{TABLE}", options.get("weights", "")]
    return [path for path in paths if os.path.isfile(path)]  # noqa: PTH113  (no path at all is none)


def _part(report: FairnessReport, part: Any, path: Path) -> bytes:
    write = api.fairness_csv if path.suffix == ".csv" else api.fairness_parquet
    return write(report, part)


def _check_suffix(option: str, path: Path | None, known: tuple[str, ...]) -> None:
    if path is not None and path.suffix not in known:
        raise InputError(
            f"{option} takes a {' or '.join(known)} file. Received: {path.name or NOTHING}."
        )


def _lines(report: FairnessReport, looks: Looks) -> Iterator[str]:
    rules = report.rules
    yield (
        f"{report.source}: {count_text(report.n, 'row')}, {report.task}; α {rules.alpha:g}, "
        f"tolerance {rules.tolerance:g}, groups of fewer than {count_text(rules.min_n, 'row')} "
        "below the line are small"
    )
    yield from filter(None, [report.taken.text])
    for table in report.tables:
        yield f"{table.attribute}"
        for g, group in enumerate(table.groups):
            yield f"  {group:24} n = {table.n[g]}"
    for finding in api.fairness_findings(report):
        yield f"{_mark(finding.verdict, report.taken)}: {finding.text}"
    compared = api.fairness_comparisons(report)
    if compared:
        yield f"Each group against its reference, the most evidence first ({len(compared)} in all):"
    for finding in compared[:_COMPARED]:
        yield f"  {_mark(finding.verdict, report.taken)}: {finding.text}"
    yield from filter(None, [report.comparisons_note()])
    yield report.family
    for attribute, n in report.unknown.items():
        if n:
            yield f"{count_text(n, 'row')} {'has' if n == 1 else 'have'} no value of {attribute}."
    yield from report.notes
    yield looks.text


def _mark(verdict: FairnessVerdict, taken: RowsTaken) -> str:
    return f"{_MARKS[verdict]} {verdict}" + (" (exploratory)" if taken.exploratory else "")


@app.command()
@audited
def slices(
    table: Path | None,
    options: AuditOptions,
    metric: Annotated[str, typer.Option(help="A rate: accuracy, tpr, fpr, …")] = "accuracy",
    depth: Annotated[int, whole(help="Conditions of a slice at most, 1 to 3.")] = 3,
    slice_: Annotated[
        list[str],
        typer.Option("--slice", help="Test this slice alone, such as 'sex=f&age=old'; repeatable."),
    ] = [],  # noqa: B006
    json_: JsonFlag = False,
) -> None:
    """Find the slices, up to three attributes deep, that a rate is worst for."""
    report, looks = looked(
        api.slices_request(table, metric=metric, depth=depth, only=slice_, **options)
    )
    document = {
        "n": report.n,
        "rows": report.taken.document(report.n),
        "metric": report.metric,
        **MetricName.parse(report.metric).fields,
        "overall": report.overall if report.overall == report.overall else None,
        "n_slices": report.n_slices,
        "slices": [
            {
                **{k: v for k, v in asdict(found).items() if k not in ("slice", "tolerance")},
                "slice": found.slice.text,
                "verdict": found.verdict,
            }
            for found in report.findings
        ],
        "p_of": P_OF,
        **({"notes": list(report.notes)} if report.notes else {}),
        "looks": api.looks_document(looks),
    }
    emit(document, json_, lambda: _slice_lines(report, looks))


def _slice_lines(report: SliceReport, looks: Looks) -> Iterator[str]:
    rows = count_text(report.n, "row")
    yield f"{report.source}: {report.metric} {report.overall:.3f} over {rows}"
    yield from filter(None, [report.taken.text])
    yield report.family
    for found in report.findings[:20]:
        within = f"  (explained by {Slice.parse(found.within).name})" if found.within else ""
        yield (
            f"{_mark(found.verdict, report.taken)}: {found.slice.name}: {found.value:.3f} against "
            f"{found.rest:.3f}, {found.k:.10g} of {found.of:.10g}, difference "
            f"{_beside(found.low, found)} to {_beside(found.high, found)}, {found.p_text}, "
            f"adjusted{within}"
        )
    yield from report.notes
    yield looks.text


def _beside(end: float, found: SliceFinding) -> str:
    return f"{end:+.{decimals_beside(end, found.tolerance, least=3)}f}"


@app.command()
@audited
def mitigate(
    table: Path | None,
    options: AuditOptions,
    attribute: Annotated[str, typer.Option(help="Whose groups shall be treated more alike.")],
    constraint: Annotated[
        str, typer.Option(help="What shall be alike: selection_rate, tpr, fpr, equalized_odds.")
    ] = "tpr",
    mitigator: Annotated[
        str, typer.Option(help="group_thresholds, or threshold_optimizer (Fairlearn's).")
    ] = "group_thresholds",
    held_out: Annotated[
        float, number(help="Share of a table's rows that decisions are judged on.")
    ] = 0.5,
    fit_split: Annotated[
        str, typer.Option(help="Of a dataset, the split that decisions are made from.")
    ] = "validation",
    json_: JsonFlag = False,
) -> None:
    """Decide anew so that groups are treated more alike; before and after on rows held out."""
    request = api.mitigation_request(
        table,
        attribute=attribute,
        constraint=constraint,
        mitigator=mitigator,
        held_out=held_out,
        fit_split=cast(SplitName, fit_split),
        **options,
    )
    found, looks = looked(request)
    document: dict[str, Any] = {
        "attribute": found.attribute,
        "constraint": found.constraint,
        "mitigator": found.mitigator,
        "thresholds": {g: t if t < float("inf") else None for g, t in found.thresholds.items()},
        **({"never_selected": found.never} if found.never else {}),
        "n_fit": found.n_fit,
        "before": api.fairness_document(found.before),
        "after": api.fairness_document(found.after),
        "looks": api.looks_document(looks),
    }
    emit(document, json_, lambda: _mitigation_lines(found, looks))


def _mitigation_lines(found: Mitigation, looks: Looks) -> Iterator[str]:
    yield f"{found.source}: {found.rule}"
    yield from filter(None, [found.before.taken.text, *found.before.notes])
    for group, threshold in found.thresholds.items():
        if group in found.never:
            yield f"  {group:24} never: {found.never[group]}"
        else:
            yield f"  {group:24} from {exactly(threshold)}"
    others = count_text(found.before.n, "other")
    yield f"Made from {count_text(found.n_fit, 'row')}, judged on {others}:"
    for gap in found.before.gaps:
        if gap.attribute == found.attribute:
            after = found.after.gap(gap.attribute, gap.metric)
            yield (
                f"  {gap.metric:20} gap {gap.difference:.3f} ({gap.verdict}) → "
                f"{after.difference:.3f} ({after.verdict})"
            )
            if after.coverage:
                yield f"    {after.coverage}"
    accuracy = [each.overall.rate("all", "accuracy").value for each in (found.before, found.after)]
    yield f"  accuracy over all rows {accuracy[0]:.3f} → {accuracy[1]:.3f}"
    yield looks.text
