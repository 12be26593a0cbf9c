"""A fairness report to read and to take along, and tables to upload."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from core.contracts import (
    FairnessReport,
    Finding,
    LocalLaw144Row,
    TablePreview,
    TableSource,
)
from core.fairness import export, local_law
from core.fairness.gaps import sentences as gap_sentences
from core.fairness.local_law import Basis
from core.fairness.reading import uploaded_tables
from core.fairness.reading.rows import SUFFIXES

__all__ = [
    "TABLE_SUFFIXES", "fairness_comparisons", "fairness_csv", "fairness_document",
    "fairness_findings", "fairness_json", "fairness_parquet", "hold_table", "local_law_144",
    "local_law_144_csv", "open_table_source", "preview_table", "release_table",
]  # fmt: skip

TABLE_SUFFIXES = SUFFIXES
Part = Literal["rates", "gaps", "pairs"]
_PARTS = {
    "rates": export.rates_table, "gaps": export.gaps_table, "pairs": export.pairs_table,
}  # fmt: skip


def fairness_findings(report: FairnessReport) -> tuple[Finding, ...]:
    """Return every gap in plain language, flagged ones first.

    Parameters
    ----------
    report : FairnessReport
        An audit, as :func:`fairness` returns it.

    Returns
    -------
    tuple of Finding
        One a gap.
    """
    return gap_sentences.findings(report)


def fairness_comparisons(report: FairnessReport) -> tuple[Finding, ...]:
    """Return each group against the reference in plain language, the most evidence first.

    Parameters
    ----------
    report : FairnessReport
        An audit, as :func:`fairness` returns it.

    Returns
    -------
    tuple of Finding
        One a group and gap.
    """
    return gap_sentences.comparisons(report)


def fairness_document(report: FairnessReport) -> dict[str, Any]:
    """Return what ``python -m core fairness --json`` prints.

    Parameters
    ----------
    report : FairnessReport
        An audit, as :func:`fairness` returns it.

    Returns
    -------
    dict
    """
    return export.document(report)


def fairness_json(report: FairnessReport) -> str:
    """Return the whole report as JSON, curves and rules included.

    Parameters
    ----------
    report : FairnessReport
        An audit, as :func:`fairness` returns it.

    Returns
    -------
    str
        JSON.
    """
    return export.full_json(report)


def fairness_csv(report: FairnessReport, part: Part = "rates") -> bytes:
    """Return rates, gaps or pairs as CSV, without cells that a spreadsheet takes for formulas.

    Parameters
    ----------
    report : FairnessReport
        An audit, as :func:`fairness` returns it.
    part : {"rates", "gaps", "pairs"}
        Which table.

    Returns
    -------
    bytes
        CSV.
    """
    return export.table_csv(_PARTS[part](report))


def fairness_parquet(report: FairnessReport, part: Part = "rates") -> bytes:
    """Return rates, gaps or pairs as Parquet.

    Parameters
    ----------
    report : FairnessReport
        An audit, as :func:`fairness` returns it.
    part : {"rates", "gaps", "pairs"}
        Which table.

    Returns
    -------
    bytes
        A Parquet file.
    """
    return export.table_parquet(_PARTS[part](report))


def local_law_144(
    report: FairnessReport, *, basis: Basis = "selection"
) -> tuple[LocalLaw144Row, ...]:
    """Return the audit tables in the layout of Local Law 144.

    Parameters
    ----------
    report : FairnessReport
        An audit, as :func:`fairness` returns it.
    basis : {"selection", "scoring"}
        What the rates are of.

    Returns
    -------
    tuple of LocalLaw144Row
        A row for each category.

    Raises
    ------
    InputError
        If the report has no selection or scoring rate.
    """
    return local_law.local_law_144(report, basis=basis)


def local_law_144_csv(report: FairnessReport, *, basis: Basis = "selection") -> bytes:
    """Return :func:`local_law_144` as CSV.

    Parameters
    ----------
    report : FairnessReport
        An audit, as :func:`fairness` returns it.
    basis : {"selection", "scoring"}
        What the rates are of.

    Returns
    -------
    bytes
        CSV.

    Raises
    ------
    InputError
        As :func:`local_law_144`.
    """
    return local_law.local_law_144_csv(local_law.local_law_144(report, basis=basis), basis=basis)


def hold_table(data: bytes, *, name: str) -> TableSource:
    """Keep an uploaded table for a day, where the work finds it; see :func:`release_table`.

    Parameters
    ----------
    data : bytes
        The file's bytes.
    name : str
        Its name; the suffix says how it is read.

    Returns
    -------
    TableSource

    Raises
    ------
    InputError
        If it is no table that can be read.
    """
    return uploaded_tables.hold_table(data, name=name)


def release_table(source: TableSource) -> None:
    """Delete an uploaded table now; tables that were not uploaded are left alone.

    Parameters
    ----------
    source : TableSource
        As :func:`hold_table` returns it.
    """
    uploaded_tables.release_table(Path(source.path))


def open_table_source(path: Path) -> TableSource:
    """Return a table of this machine, named by its content.

    Parameters
    ----------
    path : Path
        A CSV, Parquet or Excel file.

    Returns
    -------
    TableSource

    Raises
    ------
    InputError
        If it is no table that can be read.
    """
    return uploaded_tables.table_source(path)


def preview_table(source: TableSource) -> TablePreview:
    """Return names and first rows, for mapping columns.

    Parameters
    ----------
    source : TableSource
        As :func:`hold_table` or :func:`open_table_source` returns it.

    Returns
    -------
    TablePreview
    """
    return uploaded_tables.preview(source)
