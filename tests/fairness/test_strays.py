"""A total below a table, or a line of units above it, is no class; a rare class is one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from core import api
from core.cli import main
from core.contracts import FairnessReport
from core.errors import InputError

N = 350
ROWS = [(str(i % 2), str(i // 2 % 2), "ab"[i % 3 == 0]) for i in range(N)]
TASK = {"label": "y", "prediction": "p", "groups": ["g"]}


def written(tmp_path: Path, rows: Sequence[tuple[str, ...]]) -> Path:
    path = tmp_path / "t.csv"
    path.write_text("\n".join(",".join(row) for row in [("y", "p", "g"), *rows]))
    return path


def audited(tmp_path: Path, rows: Sequence[tuple[str, ...]], **options: object) -> FairnessReport:
    return api.fairness(written(tmp_path, rows), **{**TASK, **options})


def spelt(words: tuple[str, str]) -> list[tuple[str, ...]]:
    return [(words[int(y)], words[int(p)], g) for y, p, g in ROWS]


STRAYS: dict[str, tuple[Sequence[tuple[str, ...]], tuple[str, ...], str]] = {
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


ENDS: dict[str, tuple[Sequence[tuple[str, ...]], Sequence[tuple[str, ...]]]] = {
    "total": ([], [("Total", "1", "a")]),
    "sums": ([], [("175", "160", "a")]),
    "subtotal and total": ([], [("Subtotal", "1", "a"), ("Total", "1", "a")]),
    "with numbers": ([], [("Sub-total", "175", "a"), ("TOTAL:", "350", "a")]),
    "German": ([], [("Zwischensumme", "Zwischensumme", "a"), ("Summe", "Summe", "a")]),
    "the same twice": ([], [("Sum", "Sum", "a")] * 2),
    "unit": ([("bool", "bool", "text")], []),
    "units": ([("int", "int", "text"), ("[bool]", "[bool]", "text")], []),
}


@pytest.mark.parametrize("kind", ENDS)
@pytest.mark.parametrize("positive", ["", "1"])
def test_a_total_or_a_unit_is_never_the_negative_class(
    tmp_path: Path, kind: str, positive: str
) -> None:
    above, below = ENDS[kind]
    with pytest.raises(InputError, match="or say that it is a class"):
        audited(tmp_path, [*above, *ROWS, *below], positive=positive)


@pytest.mark.parametrize("word", ["Total", "subtotal", "bool", "text"])
def test_so_it_is_beside_other_classes(tmp_path: Path, word: str) -> None:
    rows = [*spelt(("cat", "dog")), (word, "cat", "a")]
    with pytest.raises(InputError, match=rf"'{word}' \(row 351\) stands where a class should"):
        audited(tmp_path, rows, positive="cat")


def test_subtotals_in_the_midst_and_in_small_tables(tmp_path: Path) -> None:
    for rows in (ROWS, ROWS[:12]):
        within = [*rows[:6], ("Subtotal", "1", "a"), *rows[6:], ("Subtotal", "0", "a")]
        with pytest.raises(InputError, match=r"'Subtotal' \(row 7\)"):
            audited(tmp_path, within, positive="1")


def test_words_that_are_real_classes_stay_so(tmp_path: Path) -> None:
    kinds = ("text", "total", "image")
    rows = [(kinds[i % 3], kinds[i // 3 % 3], "ab"[i % 5 == 0]) for i in range(N)]
    assert set(audited(tmp_path, rows).classes) == {*kinds}
    assert audited(tmp_path, rows, positive="text").classes == ("not text", "text")
    said = audited(tmp_path, [*ROWS, ("Total", "1", "a")], positive="1", map={"Total": "Total"})
    assert said.classes == ("not 1", "1")


def test_a_rare_class_beside_a_positive_one_is_said(tmp_path: Path) -> None:
    found = audited(tmp_path, [*spelt(("cat", "dog")), ("bird", "cat", "a")], positive="cat")
    assert any("'bird' (row 351) is held by 1 of 351 rows" in note for note in found.notes)


def test_small_tables_are_left_alone(tmp_path: Path) -> None:
    rows = [*spelt(("cat", "dog"))[:12], ("bird", "cat", "a")]
    assert audited(tmp_path, rows).notes == ()


def test_the_command_line_says_it(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, [*spelt(("cat", "dog")), ("bird", "cat", "a")])
    with pytest.raises(SystemExit) as left:
        main(["fairness", str(path), "--y-true", "y", "--y-pred", "p", "--group", "g"])
    assert left.value.code in (0, None)
    assert "Class 'bird' (row 351) is held by 1 of 351 rows" in capfd.readouterr().out


@pytest.mark.parametrize("word", ["Total", "Grand total", "SUM:", "Insgesamt"])
@pytest.mark.parametrize("at", [0, N - 1, N])
def test_a_total_is_no_group(tmp_path: Path, word: str, at: int) -> None:
    rows = [*ROWS[:at], ("1", "1", word), *ROWS[at:]]
    with pytest.raises(InputError, match=f"'g' holds '{word}' in row {at + 1} alone"):
        audited(tmp_path, rows)
    assert audited(tmp_path, [*ROWS[:5], ("1", "1", word), *ROWS[5:]]).n == N + 1, "no edge"
    assert audited(tmp_path, [*rows, ("0", "1", word)]).n == N + 2, "no single row"
