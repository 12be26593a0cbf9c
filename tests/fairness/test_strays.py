"""A total below a table, or a line of units above it, is no class; a rare class is one."""

from __future__ import annotations

from pathlib import Path

import pytest

from core import api
from core.cli import main
from core.contracts import FairnessReport
from core.errors import InputError

N = 350
ROWS = [(str(i % 2), str(i // 2 % 2), "ab"[i % 3 == 0]) for i in range(N)]
TASK = {"label": "y", "prediction": "p", "groups": ["g"]}


def written(tmp_path: Path, rows: list[tuple[str, ...]]) -> Path:
    path = tmp_path / "t.csv"
    path.write_text("\n".join(",".join(row) for row in [("y", "p", "g"), *rows]))
    return path


def audited(tmp_path: Path, rows: list[tuple[str, ...]], **options: object) -> FairnessReport:
    return api.fairness(written(tmp_path, rows), **{**TASK, **options})


def spelt(words: tuple[str, str]) -> list[tuple[str, ...]]:
    return [(words[int(y)], words[int(p)], g) for y, p, g in ROWS]


STRAYS = {
    "total": ([], ("Total", "175", "a"), "'175'"),
    "sums": ([], ("157", "160", ""), "Classes '157' (row 351), '160' (row 351) are each held"),
    "units": ([("(0/1)", "(0/1)", "(-)")], (), "Class '(0/1)' (row 1) is held by 1 of 351 rows"),
    "mean": ([], ("0.5", "0.49", "-"), "'0.5' (row 351)"),
    "words": ([("label", "score", "group")], (), "'label' (row 1)"),
}  # fmt: skip


@pytest.mark.parametrize("words", [("0", "1"), ("no", "yes"), ("False", "True")])
@pytest.mark.parametrize("kind", STRAYS)
def test_a_line_that_is_no_row_is_refused(
    tmp_path: Path, kind: str, words: tuple[str, str]
) -> None:
    above, below, told = STRAYS[kind]
    rows = [*above, *spelt(words), *([below] if below else [])]
    with pytest.raises(InputError) as caught:
        audited(tmp_path, rows)
    text = str(caught.value)
    assert told in text
    assert "Take that row out, or say that it is a class" in text


def test_it_is_a_class_if_the_caller_says_so(tmp_path: Path) -> None:
    rows = [*ROWS, ("Total", "Total", "a")]
    found = audited(tmp_path, rows, map={"Total": "Total"})
    assert found.classes == ("0", "1", "Total")
    assert found.notes == ()


@pytest.mark.parametrize(
    ("words", "rare"), [(("cat", "dog"), "bird"), (("0", "1"), "2"), (("-1", "0"), "1")]
)
def test_a_rare_class_works_and_is_said(tmp_path: Path, words: tuple[str, str], rare: str) -> None:
    found = audited(tmp_path, [*spelt(words), (rare, words[0], "a")])
    assert set(found.classes) == {*words, rare}
    assert found.notes == (
        f"Class {rare!r} (row 351) is held by 1 of 351 rows. If that is no class but a total or a "
        "unit, take the row out.",
    )
    twice = audited(tmp_path, [*spelt(words), *[(rare, rare, "a")] * 2])
    assert twice.notes == ()


def test_in_the_midst_it_is_said_and_not_refused(tmp_path: Path) -> None:
    rows = [*ROWS[:99], ("unclear", "0", "a"), *ROWS[99:]]
    found = audited(tmp_path, rows)
    assert found.notes[0].startswith("Class 'unclear' (row 100) is held by 1 of 351 rows.")


def test_beside_a_positive_class_it_is_said(tmp_path: Path) -> None:
    found = audited(tmp_path, [*ROWS, ("Total", "1", "a")], positive="1")
    assert any("'Total' (row 351) is held by 1 of 351 rows" in note for note in found.notes)


def test_small_tables_are_left_alone(tmp_path: Path) -> None:
    rows = [*spelt(("cat", "dog"))[:12], ("bird", "cat", "a")]
    assert audited(tmp_path, rows).notes == ()


def test_the_command_line_says_it(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, [*spelt(("cat", "dog")), ("bird", "cat", "a")])
    with pytest.raises(SystemExit) as left:
        main(["fairness", str(path), "--y-true", "y", "--y-pred", "p", "--group", "g"])
    assert left.value.code in (0, None)
    assert "Class 'bird' (row 351) is held by 1 of 351 rows" in capfd.readouterr().out
