"""What stands where a file was expected is said, and nothing waits for it."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from core.cli import main
from core.files import no_file


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _link(path: Path) -> None:
    path.symlink_to("gone")


def _loop(path: Path) -> None:
    path.symlink_to(path.name)


def _socket(path: Path) -> None:
    here = os.getcwd()  # noqa: PTH109
    os.chdir(path.parent)  # the path of a socket may have a hundred bytes
    try:
        socket.socket(socket.AF_UNIX).bind(path.name)
    finally:
        os.chdir(here)


KINDS: dict[str, tuple[Callable[[Path], None], str]] = {
    "pipe": (_fifo, "is a named pipe, not a file"),
    "link": (_link, "is a link to 'gone', which does not exist"),
    "loop": (_loop, "is a link to 'x"),
    "socket": (_socket, "is a socket, not a file"),
    "nothing": (lambda path: None, "does not exist"),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("use", ["picture", "table", "classes", "weights"])
def test_what_is_no_file_is_said(
    tmp_path: Path, kind: str, use: str, capfd: pytest.CaptureFixture[str]
) -> None:
    make, words = KINDS[kind]
    path = tmp_path / {"table": "x.csv", "weights": "x.weights.h5"}.get(use, "x.png")
    make(path)
    cat = "assets/examples/cat.jpg"
    arguments = {
        "picture": ["predict", path],
        "table": ["fairness", path, "--y-true", "y", "--y-pred", "p", "--group", "g"],
        "classes": ["predict", cat, "--classes", path],
        "weights": ["predict", cat, "--weights", path],
    }[use]
    with pytest.raises(SystemExit) as left:
        main(list(map(str, arguments)))
    out, err = capfd.readouterr()
    assert (left.value.code, out) == (2, "")
    (line,) = err.splitlines()
    assert words in line


def test_a_file_is_one(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    (tmp_path / "b").symlink_to("a")
    assert [no_file(tmp_path / name) for name in "ab"] == ["", ""]
    assert no_file(tmp_path) == "is a folder"
    assert no_file(Path("/dev/null")) == "is a device, not a file"
    assert no_file(tmp_path / "a\0b") == "does not exist"
