"""What looks like no value never becomes a class, or a negative, unasked; and near kinds."""

from __future__ import annotations

import zoneinfo
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core import api
from core.contracts import map_option
from core.errors import InputError, ParameterError
from core.fairness.request.class_map import parse_class_map
from tests.fairness.spelled import workbook

pytestmark = pytest.mark.usefixtures("own_home")
N = 80
Y = [str(i % 2) for i in range(N)]
P = [str(i % 2 if i % 5 else 1 - i % 2) for i in range(N)]
G = ["fm"[i // 2 % 2] for i in range(N)]
TASK: dict[str, Any] = {"label": "y", "prediction": "p", "groups": ["g"]}
WORDS = (
    "--",
    ".",
    "missing",
    "N.A.",
    "\u2013",
    "n.a",
    "[Missing]",
    "...",
    "unknown",
    "not available",
)
NANS = ("-nan", "NaT", "1.#QNAN", "1.#IND", "-1.#IND", "NONE", "nan")


def table(tmp_path: Path, name: str = "t.csv", /, **columns: list[str]) -> Path:
    held = {"y": Y, "p": P, "g": G} | columns
    lines = [",".join(held), *map(",".join, zip(*held.values(), strict=True))]
    path = tmp_path / name
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def put(word: str, cells: list[str] = Y, rows: tuple[int, ...] = (40, 42)) -> list[str]:
    return [word if i in rows else cell for i, cell in enumerate(cells)]


def rates(path: Path, **options: Any) -> list[tuple[str, float, float]]:
    found = api.fairness(path, **{**TASK, **options}).table("g")
    return [
        (g, found.rate(g, "accuracy").value, found.rate(g, "base_rate").value)
        for g in found.groups
    ]  # fmt: skip


@pytest.mark.parametrize("positive", ["", "1"])
@pytest.mark.parametrize("word", WORDS)
def test_a_label_that_looks_like_no_value_is_asked(
    tmp_path: Path, word: str, positive: str
) -> None:
    path = table(tmp_path, y=put(word))
    with pytest.raises(InputError, match=r"row 41 \(2 such rows\).*looks like no value.*--missing"):
        api.fairness(path, **TASK, positive=positive)
    plain = table(tmp_path, "u.csv", y=put(""))
    said = {"positive": positive, "drop_missing": True}
    assert rates(path, missing=("NA", word), **said) == rates(plain, **said)
    kept = api.fairness(path, **TASK, map={word: word})
    assert len(kept.classes) == 3


@pytest.mark.parametrize("word", ["--", ".", "N.A.", "missing"])
def test_so_it_is_where_predictions_have_it_too_and_beside_scores(
    tmp_path: Path, word: str
) -> None:
    with pytest.raises(InputError, match="looks like no value"):
        api.fairness(table(tmp_path, y=put(word), p=put(word, P)), **TASK, positive="1")
    scored = table(tmp_path, y=put(word), s=["0.3"] * N)
    with pytest.raises(InputError, match="looks like no value"):
        api.fairness(scored, label="y", score="s", groups=["g"], positive="1")


def test_classes_of_both_columns_stay_classes(tmp_path: Path) -> None:
    kinds = ("yes", "no", "unknown")
    y, p = [kinds[i % 3] for i in range(N)], [kinds[i // 2 % 3] for i in range(N)]
    assert set(api.fairness(table(tmp_path, y=y, p=p), **TASK).classes) == {*kinds}
    signs = ["-+"[int(each)] for each in Y], ["-+"[int(each)] for each in P]
    found = api.fairness(table(tmp_path, y=signs[0], p=signs[1]), **TASK, positive="+")
    assert found.classes == ("-", "+")
    assert len(api.fairness(table(tmp_path, y=put("none")), **TASK).classes) == 3


@pytest.mark.parametrize("word", NANS)
def test_results_that_are_no_number_and_none_are_missing(tmp_path: Path, word: str) -> None:
    path, plain = table(tmp_path, y=put(word)), table(tmp_path, "u.csv", y=put(""))
    with pytest.raises(InputError, match="empty in row 41"):
        api.fairness(path, **TASK)
    said = {"positive": "1", "drop_missing": True}
    assert rates(path, **said) == rates(plain, **said)
    grouped = api.fairness(table(tmp_path, "g.csv", g=put(word, G)), **TASK)
    assert grouped.unknown["g"] == 2


@pytest.mark.parametrize("pair", [("\u22121", "1"), ("-1", "+1"), ("-0.0", "1.0"), ("-0", "+1")])
@pytest.mark.parametrize("column", ["y", "p"])
def test_numbers_with_signs_are_the_classes_that_they_are(
    tmp_path: Path, pair: tuple[str, str], column: str
) -> None:
    cells = [pair[int(each)] for each in {"y": Y, "p": P}[column]]
    path = table(tmp_path, "u.csv", **{column: cells})
    assert rates(path) == rates(table(tmp_path))


def test_the_score_is_said_to_be_that_of_the_positive_class(tmp_path: Path) -> None:
    path = table(tmp_path, s=["0.2" if p == "0" else "0.8" for p in P])
    task = {"label": "y", "score": "s", "groups": ["g"]}
    notes = api.fairness(path, **task, positive="0").notes
    assert any("read as the probability of '0', the positive class" in note for note in notes)
    assert not any("probability" in note for note in api.fairness(path, **task).notes)


@pytest.mark.parametrize(("zone", "known"), [("Mars/Phobos", False), ("Europe/Berlin", True)])
def test_an_unknown_zone_is_said(tmp_path: Path, zone: str, known: bool) -> None:
    assert (zone in zoneinfo.available_timezones()) is known
    when = pa.array([86_400 * 10**6 * i for i in range(N)], pa.timestamp("us", zone))
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"y": Y, "p": P, "g": when}), path)
    notes = api.fairness(path, **TASK, bins={"g": "month"}).notes
    said = f"The time zone {zone!r} of 'g' is unknown: its times are read as those of UTC."
    assert (said in notes) is not known


@pytest.mark.parametrize(
    "written",
    [
        ["2026/01/15 00:00", "2026/02/03 23:59"], ["2026-1-15", "2026-2-3"],
        ["2026-01", "2026-02"], ["2026/01", "2026/02"], ["20260115", "20260203"],
        ["2026-1-15 8:05", "2026-2-3 08:05:09"],
    ],
)  # fmt: skip
def test_dates_as_people_write_them(tmp_path: Path, written: list[str]) -> None:
    path = table(tmp_path, g=[written[i // 2 % 2] for i in range(N)])
    table_ = api.fairness(path, **TASK, bins={"g": "month"}).table("g")
    assert sorted(table_.groups) == ["2026-01", "2026-02"]
    wrong = table(tmp_path, g=["20261315"] * N)
    with pytest.raises(InputError, match="to be cut by month"):
        api.fairness(wrong, **TASK, bins={"g": "month"})


@pytest.mark.parametrize("name", ["t.tsv", "t.txt"])
def test_text_has_several_endings(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(table(tmp_path).read_text().replace(",", "\t"))
    assert rates(path) == rates(table(tmp_path))


@pytest.mark.parametrize("gap", [" ", "   "])
def test_blanks_before_quotes_say_nothing(tmp_path: Path, gap: str) -> None:
    path = tmp_path / "q.csv"
    rows = [("y", '"p"', '"g"'), *((y, f'"{p}"', f'"{g}, x"') for y, p, g in zip(Y, P, G))]
    path.write_text("\n".join(f",{gap}".join(row) for row in rows))
    found = api.fairness(path, **TASK).table("g")
    assert found.groups == ("f, x", "m, x")
    assert rates(path)[0][1] == rates(table(tmp_path))[0][1]


def sheet_of(weights: list[float | str]) -> bytes:
    cells = [f"<c><v>{w}</v></c>" if isinstance(w, float) else w for w in weights]
    return workbook([("y", "p", "g", "w"), *zip(Y, P, G, cells, strict=True)])


def weights(path: Path) -> list[float]:
    found = api.fairness(path, **TASK, weight="w").table("g")
    return [found.rate(g, "accuracy").value for g in found.groups]


def test_decimal_commas_in_text_that_has_a_type(tmp_path: Path) -> None:
    numbers = [round(0.25 + i % 7 * 0.37, 2) for i in range(N)]
    commas = [f"{number:.2f}".replace(".", ",") for number in numbers]
    plain = table(tmp_path, w=list(map(str, numbers)))
    path = tmp_path / "t.parquet"
    for cells in (pa.array(commas), pa.array(commas).dictionary_encode()):
        pq.write_table(pa.table({"y": Y, "p": P, "g": G, "w": cells}), path)
        assert weights(path) == pytest.approx(weights(plain), abs=1e-12)
    mixed = [n if i % 2 else c for i, (n, c) in enumerate(zip(numbers, commas, strict=True))]
    (tmp_path / "t.xlsx").write_bytes(sheet_of(mixed))
    assert weights(tmp_path / "t.xlsx") == pytest.approx(weights(plain), abs=1e-12)


def test_what_may_be_thousands_is_not_taken_for_decimals(tmp_path: Path) -> None:
    mixed: list[float | str] = [1.5 if i % 2 else "1,234" for i in range(N)]
    (tmp_path / "t.xlsx").write_bytes(sheet_of(mixed))
    with pytest.raises(InputError, match=r"'1,234', which may stand for 1\.234 or for 1234"):
        api.fairness(tmp_path / "t.xlsx", **TASK, weight="w")


@pytest.mark.parametrize("name", ["good=x", 'a"b', "a,b", "<=50K", "a=", 'x="y",z', "!", "a==b"])
def test_what_is_advised_can_be_typed(name: str) -> None:
    import shlex

    option, text = shlex.split(map_option([(name, "1"), ("bad", "0")]))
    assert option == "--map"
    assert parse_class_map([text]) == {name: "1", "bad": "0"}


def test_an_equals_sign_too_many_says_how(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match='stands in quotes \\("a=b"=1\\)'):
        parse_class_map(["good=x=1"])
    path = table(tmp_path, y=[("bad", "good=x")[int(y)] for y in Y])
    found = api.fairness(path, **TASK, map=parse_class_map(['"good=x"=1,bad=0']))
    assert found.classes == ("0", "1")


def test_lines_that_are_told_show_what_is_unseen(tmp_path: Path) -> None:
    path = table(tmp_path, "n.csv", **{"p\u00a0x": P, "w": put("heavy")})
    with pytest.raises(InputError, match=r"'p\\xa0x'"):
        api.fairness(path, label="y", prediction="p x", groups=["g"])
    with pytest.raises(InputError, match=r"'heavy' in row 41.*A weight is a number: correct"):
        api.fairness(path, **TASK, weight="w")
    path.write_text("Report 2026,,\ny,p,g\n0,1,f\n")
    with pytest.raises(InputError, match="It has: Report 2026, and 2 columns without a name"):
        api.fairness(path, **TASK)
    path.write_text("sep=_\n" + table(tmp_path).read_text().replace(",", "_"))
    assert rates(path) == rates(table(tmp_path))
