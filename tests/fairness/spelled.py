"""One table in many spellings and dialects, drawn at random; a workbook made by hand."""

from __future__ import annotations

import csv
import io
import unicodedata
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np

NAMES = ("label", "prediction", "score", "größe", "sex")
COLUMNS = {"label": "label", "prediction": "prediction", "weight": "größe", "groups": ("sex",)}
CLASSES = (
    ("0", "1"), ("0.0", "1.0"), ("-1", "1"), ("False", "True"), ("FALSE", "TRUE"), ("no", "yes"),
    ("No", "Yes"), ("N", "Y"), ("f", "t"), ("neg", "pos"), ("Negative", "Positive"),
    ("false", "true"), (" 0", "1 "), ("0.", "1."), ("no.", "yes."), ("bad", "good"),
)  # fmt: skip
"""Negative and positive, as writers spell them; the last pair no machine can match to others."""
NOTHING = ("", "NA", "N/A", "n/a", "None", "null", "NaN", "nan", "<NA>", "#N/A", "?", "-")
_ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32")


@dataclass
class Drawn:
    """A table of zeros and ones, and one spelling of it as the bytes of a file.

    ``plain`` are its rows: label, prediction, score, weight, group (``""`` for none).
    """

    plain: list[tuple[int, int, float, float, str]]
    data: bytes
    suffix: str = ".csv"
    said: list[str] = field(default_factory=list)

    def write(self, folder: Path) -> tuple[Path, Path]:
        """Write the plain table and the spelt one."""
        plain, spelt = folder / "plain.csv", folder / f"spelt{self.suffix}"
        rows = [",".join(NAMES), *(",".join(map(str, row)) for row in self.plain)]
        plain.write_text("\n".join(rows) + "\n", encoding="utf-8")
        spelt.write_bytes(self.data)
        return plain, spelt


def drawn(seed: int, *, n: int = 40) -> Drawn:
    """Draw a table and how it is spelt."""
    rng = np.random.default_rng(seed)
    plain = [
        (
            int(rng.integers(2)), int(rng.integers(2)), round(float(rng.random()), 3),
            round(float(rng.random()) + 0.5, 2), str(rng.choice(["a", "b", "Zoë", ""])),
        )
        for _ in range(n)
    ]  # fmt: skip
    plain[:4] = [(*pair, 0.5, 1.25, "a") for pair in ((0, 0), (0, 1), (1, 0), (1, 1))]
    label, said = (CLASSES[rng.integers(len(CLASSES))] for _ in range(2))
    comma = bool(rng.random() < 0.3)
    form = str(rng.choice(["NFC", "NFD"]))

    def number(value: float) -> str:
        return str(value).replace(".", ",") if comma else str(value)

    rows = [
        (
            label[y], said[p], number(s), number(w),
            unicodedata.normalize(form, g) if g else str(rng.choice(NOTHING)),
        )
        for y, p, s, w, g in plain
    ]  # fmt: skip
    names = [unicodedata.normalize(form, name) for name in NAMES]
    found = Drawn(plain, b"", said=[f"{label} against {said}", form])
    if rng.random() < 0.1:
        found.suffix, found.data = ".xlsx", workbook([names, *rows])
        return found
    delimiter = ";" if comma else str(rng.choice([",", ";", "\t", "|"]))
    text = _text([names, *rows], delimiter, rng)
    encoding = str(rng.choice(_ENCODINGS))
    found.said += [repr(delimiter), encoding, repr(text[:40])]
    found.data = text.encode(encoding)
    return found


def _text(rows: Sequence[Sequence[str]], delimiter: str, rng: np.random.Generator) -> str:
    file = io.StringIO()
    quoting = csv.QUOTE_ALL if rng.random() < 0.3 else csv.QUOTE_MINIMAL
    csv.writer(file, delimiter=delimiter, quoting=quoting, lineterminator="\n").writerows(rows)
    lines = file.getvalue().splitlines()
    before = [
        line
        for line, chance in (("", 0.3), (f"sep={delimiter}", 0.2), ("# exported today", 0.3),
                             (delimiter * 2, 0.1))
        if rng.random() < chance
    ]  # fmt: skip
    kind = rng.integers(4)
    ends = ["\n", "\r\n", "\r"] if kind == 3 else [["\n", "\r\n", "\r"][kind]]
    return "".join(line + str(rng.choice(ends)) for line in (*before, *lines))


_TYPES = "http://schemas.openxmlformats.org"


FAR = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
"""The last cell that a sheet can have: seventeen thousand million stand before it."""


def _cell(text: str) -> str:
    if text.startswith("<c"):
        return text
    return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'


def workbook(
    rows: Sequence[Sequence[str]],
    *,
    sheets: Sequence[str] = ("Data",),
    more: str = "",
    merged: Sequence[str] = (),
    before: str = "",
) -> bytes:
    """Return an Excel workbook whose sheets hold the same texts, and ``more`` rows as XML.

    A text that begins with ``<c`` is a cell as XML; ``before`` stands before each sheet.
    """
    numbers = range(1, len(sheets) + 1)
    cells = "".join(
        f'<row r="{r}">' + "".join(map(_cell, row)) + "</row>" for r, row in enumerate(rows, 1)
    )
    main, office = (
        f"{_TYPES}/spreadsheetml/2006/main",
        f"{_TYPES}/officeDocument/2006/relationships",
    )
    rels = f"{_TYPES}/package/2006/relationships"
    kind = "application/vnd.openxmlformats"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_TYPES}/package/2006/content-types"><Default '
        f'Extension="rels" ContentType="{kind}-package.relationships+xml"/><Default '
        'Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" '
        f'ContentType="{kind}-officedocument.spreadsheetml.sheet.main+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{rels}"><Relationship Id="rId1" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
        + "".join(f'<sheet name="{sheets[i - 1]}" sheetId="{i}" r:id="rId{i}"/>' for i in numbers)
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{rels}">'
        + "".join(
            f'<Relationship Id="rId{i}" Type="{office}/worksheet" Target="worksheets/s{i}.xml"/>'
            for i in numbers
        )
        + "</Relationships>",
    }
    ranges = "".join(f'<mergeCell ref="{ref}"/>' for ref in merged)
    ranges = f"<mergeCells>{ranges}</mergeCells>" if ranges else ""
    sheet = f'<worksheet xmlns="{main}"><sheetData>{cells}{more}</sheetData>{ranges}</worksheet>'
    parts |= {f"xl/worksheets/s{i}.xml": before + sheet for i in numbers}
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, f'<?xml version="1.0" encoding="UTF-8"?>{text}')
    return file.getvalue()
