"""Damaged tables end in Pellucid's own errors, within seconds and a bounded memory."""

from __future__ import annotations

import io
import random
import resource
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core import api
from core.contracts import TableColumns
from core.errors import PellucidError
from core.fairness.counting.count import count
from core.fairness.reading.rows import open_table
from core.fairness.reading.uploaded_tables import preview, table_source
from tests.fairness.spelled import drawn, workbook

FEW, MANY = 160, 3200
_SLOW = [pytest.mark.slow, pytest.mark.timeout(900)]
SECONDS, MEGABYTES = 2.0, 300
COLUMNS = TableColumns(label="y", prediction="p", score="s", groups=("g", "h"))
ODD = (b"\0", b"\xff", b'"', b"\n", b"\r", b",", b";", b"\t", b"#", b"sep=;\n", b"=1+1", b"\xe2")


def originals() -> list[tuple[str, bytes]]:
    rng = np.random.default_rng(3)
    n = 60
    table = pa.table(
        {
            "y": rng.integers(0, 2, n), "p": rng.integers(0, 2, n).astype(str),
            "s": np.round(rng.random(n), 3), "g": rng.choice(["a", "b"], n),
            "h": pa.array(rng.choice(["x", "y"], n)).dictionary_encode(),
        }
    )  # fmt: skip
    found = []
    for options in ({"compression": "none"}, {"compression": "zstd"}, {"use_dictionary": False}):
        file = io.BytesIO()
        pq.write_table(table, file, **options)
        found.append((".parquet", file.getvalue()))
    text = [table.column_names, *(map(str, row.values()) for row in table.to_pylist())]
    rows = [list(row) for row in text]
    found.append((".csv", "\n".join(",".join(row) for row in rows).encode()))
    found.append((".csv", "\r\n".join(";".join(f'"{c}"' for c in row) for row in rows).encode()))
    found.append((".csv", "\n".join("\t".join(row) for row in rows).encode("utf-16")))
    return [*found, (".csv", drawn(1).data), (".xlsx", workbook(rows))]


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Cut, overwrite, double, drop or insert bytes."""
    found = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        at, length = rng.randrange(len(found) or 1), rng.randint(1, 12)
        kind = rng.randrange(6)
        if kind == 0:
            found[at : at + length] = rng.randbytes(length)
        elif kind == 1:
            del found[at : at + length]
        elif kind == 2:
            found[at:at] = rng.choice(ODD) * rng.randint(1, 3)
        elif kind == 3:
            found[at:at] = found[at : at + 40]
        elif kind == 4:
            found[at : at + 1] = bytes([rng.randrange(256)])
        else:
            del found[at:]
    return bytes(found)


def audited(path: Path) -> None:
    """Go through everything that reads a table: names, first rows, counts."""
    source = table_source(path)
    shown = preview(source)
    assert all(len(row) == len(shown.names) for row in shown.rows)
    with open_table(path) as rows:
        count(rows, COLUMNS).cells([(0,), (0, 1)])


def refusal(path: Path) -> str:
    """What was said where it was refused; any other error is one of the product."""
    try:
        audited(path)
    except PellucidError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("n", [FEW, pytest.param(MANY, marks=_SLOW)])
def test_no_damaged_table_ends_in_a_traceback(n: int, tmp_path: Path) -> None:
    rng = random.Random(5)
    tables = originals()
    for suffix, data in tables:  # libraries are loaded, and take their memory
        (tmp_path / f"whole{suffix}").write_bytes(data)
        if suffix != ".csv":
            audited(tmp_path / f"whole{suffix}")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    worst = 0.0
    for i in range(n):
        # One in a hundred is a workbook, which takes a process of its own.
        suffix, data = tables[-1] if i % 100 == 99 else tables[i % (len(tables) - 1)]
        path = tmp_path / f"{i}{suffix}"
        path.write_bytes(mutated(data, rng))
        began = time.process_time()
        assert "\n" not in refusal(path), "one line"
        path.unlink()
        worst = max(worst, time.process_time() - began)
    assert worst < SECONDS
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < MEGABYTES


def test_a_damaged_parquet_says_the_same_at_preview_and_in_the_audit(tmp_path: Path) -> None:
    case = Path(__file__).parents[3] / "shared" / "cases" / "tables" / "damaged-preview.parquet"
    if not case.is_file():
        pytest.skip("the small inputs are not here")
    source = table_source(case)
    said = []
    for ask in (
        lambda: preview(source),
        lambda: api.fairness(source, label="y", prediction="p", groups=["h"]),
    ):
        with pytest.raises(PellucidError) as caught:
            ask()
        said.append(str(caught.value))
    assert said[0] == said[1]
    assert "damaged" in said[0]
