"""The header of a table that was put behind another is no row, however it is spelt."""

from __future__ import annotations

from pathlib import Path

import pytest

from core import api
from core.contracts import FairnessReport
from core.errors import InputError

HEADER = "id,label,prediction,sex"
CELLS = [f"{i},{i % 2},{i // 2 % 2},{'mf'[i % 3 == 0]}" for i in range(60)]


def audited(path: Path, lines: list[str], positive: str = "") -> FairnessReport:
    path.write_text("\n".join(lines), encoding="utf-8")
    return api.fairness(
        path, label="label", prediction="prediction", groups=["sex"], positive=positive
    )


@pytest.mark.parametrize(
    "second",
    [
        HEADER,
        "Id,Label,Prediction,Sex",
        "ID,LABEL,PREDICTION,SEX",
        "\ufeffid,label,prediction,sex",
        " id , label , prediction , sex ",
        '"""id""","""label""","""prediction""","""sex"""',
        "'id','label','prediction','sex'",
        "label,prediction,sex,id",
        "Sex,ID,Prediction,Label",
        "7,Label,Prediction,Sex",
        "7,Sex,Label,Prediction",
    ],
)
@pytest.mark.parametrize("at", [0, 30, 60])
@pytest.mark.parametrize("positive", ["", "1"])
def test_it_is_refused_wherever_it_stands(
    tmp_path: Path, second: str, at: int, positive: str
) -> None:
    lines = [HEADER, *CELLS[:at], second, *CELLS[at:]]
    with pytest.raises(InputError, match=f"row {at + 1} holds the names of the columns once more"):
        audited(tmp_path / "t.csv", lines, positive=positive)


def test_the_first_of_several_is_named(tmp_path: Path) -> None:
    second, third = "\ufeffID,Label,Prediction,Sex", "sex,prediction,label,id"
    lines = [HEADER, *CELLS[:20], second, *CELLS[20:40], third, *CELLS[40:], second]
    with pytest.raises(InputError, match="row 21 holds the names"):
        audited(tmp_path / "t.csv", ["\ufeff" + lines[0], *lines[1:]])


@pytest.mark.parametrize("cell", ["1,1,Sex", "1,0,label", "0,0,prediction"])
def test_one_cell_that_is_a_name_is_a_cell(tmp_path: Path, cell: str) -> None:
    found = audited(tmp_path / "t.csv", [HEADER, *CELLS, *[f"99,{cell}"] * 5])
    assert found.n == 65


def test_classes_that_are_called_as_columns_are_no_header(tmp_path: Path) -> None:
    lines = [f"{i},{('sex', 'id')[i % 2]},{('sex', 'id')[i // 2 % 2]},{'mf'[i % 3 == 0]}"
             for i in range(60)]  # fmt: skip
    assert audited(tmp_path / "t.csv", [HEADER, *lines], positive="sex").n == 60
    lines = [line[:-1] + ("label", "f")[i % 3 == 0] for i, line in enumerate(lines)]
    assert audited(tmp_path / "t.csv", [HEADER, *lines], positive="sex").n == 60
