"""Files that audits write: never over what is read, nor over one another; said before any work."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from core import api
from core.cli import main
from tests.fairness.conftest import Write

Capture = pytest.CaptureFixture[str]
Columns = dict[str, np.ndarray]
MAPPED = ("--y-true", "y", "--y-pred", "p", "--group", "sex")


@pytest.fixture(autouse=True)
def no_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let any computing fail: what is refused here is refused before."""

    def never(*_: object, **__: object) -> None:
        raise AssertionError("computed, though it had to be refused")

    monkeypatch.setattr(api, "fairness_request", never)
    monkeypatch.setattr(api, "calibrate", never)
    monkeypatch.setattr(api, "explain", never)


def refused(capfd: Capture, words: str, *arguments: object) -> None:
    with pytest.raises(SystemExit) as left:
        main([str(argument) for argument in arguments])
    told = capfd.readouterr()
    assert left.value.code == 2, told.err
    assert told.out == ""
    assert told.err.count("\n") == 1
    assert words in told.err


def spellings(table: Path) -> dict[str, Path]:
    """Return other ways to one file, each made where it needs to be."""
    folder = table.parent
    (folder / "sub").mkdir()
    (folder / "linked").symlink_to(folder, target_is_directory=True)
    (folder / "symbolic.csv").symlink_to(table)
    os.link(table, folder / "hard.csv")
    return {
        "same": table,
        "dots": folder / "sub" / ".." / table.name,
        "relative": Path(os.path.relpath(table)),
        "folder": folder / "linked" / table.name,
        "link": folder / "symbolic.csv",
        "hard": folder / "hard.csv",
    }


@pytest.mark.parametrize("option", ["--out", "--gaps-out", "--local-law-144"])
@pytest.mark.parametrize("spelt", ["same", "dots", "relative", "folder", "link", "hard"])
def test_the_table_is_not_written_over(
    capfd: Capture, write: Write, biased: Columns, option: str, spelt: str
) -> None:
    table = write(biased)
    before = table.read_bytes()
    out = spellings(table)[spelt]
    refused(capfd, "over what this command reads", "fairness", table, *MAPPED, option, out)
    assert table.read_bytes() == before


@pytest.mark.parametrize(
    ("first", "second"),
    [("--out", "--gaps-out"), ("--out", "--local-law-144"), ("--gaps-out", "--local-law-144")],
)
@pytest.mark.parametrize("spelt", ["x.csv", "sub/../x.csv", "linked/x.csv", "dangling.csv"])
def test_two_outputs_are_two_files(
    capfd: Capture,
    write: Write,
    biased: Columns,
    tmp_path: Path,
    first: str,
    second: str,
    spelt: str,
) -> None:
    table = write(biased)
    spellings(table)
    (tmp_path / "dangling.csv").symlink_to(tmp_path / "x.csv")
    one, other = tmp_path / "x.csv", tmp_path / spelt
    refused(capfd, "are one file", "fairness", table, *MAPPED, first, one, second, other)
    assert not one.exists()


@pytest.mark.parametrize("option", ["--out", "--gaps-out", "--local-law-144"])
def test_a_place_that_cannot_be_written_is_told_first(
    capfd: Capture, write: Write, biased: Columns, tmp_path: Path, option: str
) -> None:
    table = write(biased)
    (tmp_path / "folder.csv").mkdir()
    for place, words in (
        (tmp_path / "none" / "a.csv", "does not exist"),
        (table / "a.csv", "is no folder"),
        (tmp_path / "folder.csv", "is a folder; expected a file"),
    ):
        refused(capfd, words, "fairness", table, *MAPPED, option, place)


def test_a_folder_s_own_table_is_read_too(capfd: Capture, tmp_path: Path) -> None:
    own = tmp_path / "metadata.csv"
    own.write_text("file_name,label\n")
    for dataset in (f"folder:{tmp_path}", f"folder:{tmp_path}?label=label", str(tmp_path)):
        refused(
            capfd, "over what this command reads",
            "fairness", "--model", "m", "--dataset", dataset, "--out", own,
        )  # fmt: skip


def test_other_commands_ask_the_same(capfd: Capture, tmp_path: Path) -> None:
    picture = tmp_path / "a.png"
    picture.write_bytes(b"picture")
    given = ("compare", picture, "--method-b", "ig", "--out")
    refused(capfd, "over what this command reads", *given, picture)
    refused(capfd, "a .png file", *given, tmp_path / "a.txt")
    refused(capfd, "does not exist", "calibrate", "--out", tmp_path / "none" / "t.json")
    assert picture.read_bytes() == b"picture"
