"""The home is for its owner alone, however it came to be."""

from __future__ import annotations

import errno
import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core import api
from core.cli import main
from core.errors import InputError
from core.home import home, make_private
from core.settings import Settings, settings
from core.store import Store
from tests.architecture import Tree
from tests.store_worker import artefact_of, key_of

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("PELLUCID_HOME", str(tmp_path / "a" / "home"))
    settings.cache_clear()
    yield tmp_path / "a" / "home"
    settings.cache_clear()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("before", [None, 0o755, 0o777, 0o770, 0o701, 0o2775])
def test_a_home_is_closed_whoever_made_it(own_home: Path, before: int | None) -> None:
    if before is not None:
        own_home.mkdir(parents=True)
        own_home.chmod(before)
    assert home() == own_home
    assert mode(own_home) == 0o700


def test_a_store_closes_its_root(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    Store(tmp_path, 2**30).put(key_of(0), artefact_of(0))
    assert mode(tmp_path) == 0o700


ROOMS = {
    "runs": "from core.runs import unfinished_root; unfinished_root().mkdir(parents=True)",
    "datasets": "from core.data.dataset_cache import cached; "
    "cached('k', read=lambda f: f.is_dir() or None, write=lambda f: None)",
    "store": "from core.workspace import open_store; open_store()",
}


@pytest.mark.parametrize("room", ROOMS)
def test_whichever_room_comes_first(own_home: Path, room: str) -> None:
    subprocess.run(
        [sys.executable, "-c", f"import os; os.umask(0); {ROOMS[room]}"],
        check=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert mode(own_home) == 0o700


def test_every_room_asks_the_one_that_closes_it() -> None:
    for module, path in Tree(ROOT).paths.items():
        if module != "core.home":
            assert "settings().root" not in path.read_text(encoding="utf-8"), module


def test_a_shared_folder_stays_shared_and_that_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tmp_path.chmod(0o1777)
    make_private(tmp_path)
    make_private(tmp_path)
    assert mode(tmp_path) == 0o1777
    assert caplog.text.count("set PELLUCID_HOME to a folder of your own") == 1


def test_a_folder_of_somebody_else_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(self: Path, mode: int) -> None:
        raise PermissionError

    tmp_path.chmod(0o755)
    monkeypatch.setattr(Path, "chmod", refuse)
    make_private(tmp_path)
    assert "belongs to somebody else" in caplog.text


def _linked(path: Path) -> None:
    path.symlink_to(path.parent / "moved")


def _round(path: Path) -> None:
    path.symlink_to(path)


NO_HOMES: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "a file": (lambda path: path.write_text("x"), "", r"PELLUCID_HOME=\S+ is a file\."),
    "below a file": (
        lambda path: path.write_text("x"),
        "a/b",
        r"lies below \S+, which is a file\.",
    ),
    "a link to nothing": (_linked, "", r"is a link to '\S+moved', which does not exist\."),
    "below a link to nothing": (_linked, "a", r"lies below \S+, which is a link to "),
    "a link to itself": (_round, "", r"is a link to '\S+place', which does not exist\."),
    "a pipe": (lambda path: os.mkfifo(path), "", r"is a named pipe"),
    "a name that is too long": (
        lambda path: path.mkdir(),
        "n" * 300,
        r"n…? cannot be made|too long",
    ),
}


@pytest.fixture(params=NO_HOMES)
def no_home(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    made, below, words = NO_HOMES[request.param]
    made(tmp_path / "place")
    monkeypatch.setenv("PELLUCID_HOME", str(tmp_path / "place" / below))
    settings.cache_clear()
    yield words
    settings.cache_clear()


COMMANDS = (
    ["cache"],
    ["runs"],
    ["serve", "--port", "1"],
    ["predict", "ROOT/assets/examples/cat.jpg"],
)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda words: words[0])
def test_a_place_that_is_no_home_is_one_line(
    no_home: str, command: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main([word.replace("ROOT", str(ROOT)) for word in command])
    assert left.value.code == 2
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith("error: PELLUCID_HOME=")
    assert re.search(no_home, line), line
    assert "Expected a folder that may be written to" in line


def test_a_home_that_may_not_be_written_to_is_told(
    own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_home.mkdir(parents=True)
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != own_home)
    with pytest.raises(InputError, match=r"PELLUCID_HOME=.*may not be written to\. Expected"):
        home()


def test_a_home_on_a_disk_that_is_read_only_is_told(
    own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, *_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(self))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(InputError, match=r"cannot be made \(Read-only file system\)\."):
        home()


@pytest.mark.parametrize("given", ["~nobody-is-called-so", "~nobody-is-called-so/pellucid"])
def test_the_folder_of_nobody_is_no_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PELLUCID_HOME", given)
    settings.cache_clear()
    with pytest.raises(InputError, match="there is no user 'nobody-is-called-so'"):
        home()
    settings.cache_clear()
    assert not list(tmp_path.iterdir())


def test_one_own_folder_is_spelled_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PELLUCID_HOME", "~/deep/own")
    settings.cache_clear()
    assert home() == tmp_path / "deep" / "own"
    settings.cache_clear()
    assert mode(tmp_path / "deep" / "own") == 0o700


def test_a_failure_without_a_home_is_one_line_too(
    no_home: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(api, "methods", lambda: 1 / 0)
    with pytest.raises(SystemExit) as left:
        main(["methods"])
    assert left.value.code == 1
    assert len(capfd.readouterr().err.splitlines()) == 1


FOLDERS = ("home", "gallery", "tls_ca", "tls_cert", "tls_key")


@pytest.mark.parametrize("name", FOLDERS)
@pytest.mark.parametrize("given", ["", " ", "\t"])
def test_a_path_set_to_nothing_is_not_set(
    monkeypatch: pytest.MonkeyPatch, name: str, given: str
) -> None:
    monkeypatch.setenv(f"PELLUCID_{name}".upper(), given)
    assert getattr(Settings(), name) == Settings.model_fields[name].default


@pytest.mark.parametrize("given", [".", "./", "a/..", "absolute", "linked"])
def test_the_folder_one_is_in_is_no_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    (tmp_path / "a").mkdir()
    tmp_path.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "linked").symlink_to(tmp_path, target_is_directory=True)
    monkeypatch.setenv("PELLUCID_HOME", str(tmp_path) if given == "absolute" else given)
    settings.cache_clear()
    with pytest.raises(InputError, match=r"PELLUCID_HOME=.*the folder that you are in") as told:
        home()
    settings.cache_clear()
    assert "\n" not in str(told.value)
    assert mode(tmp_path) == 0o755


def test_a_relative_home_is_a_folder_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PELLUCID_HOME", "own")
    settings.cache_clear()
    home()
    settings.cache_clear()
    assert mode(tmp_path / "own") == 0o700


@pytest.mark.parametrize(("given", "status"), [(".", 2), ("", 0)])
def test_commands_say_so_in_one_line(tmp_path: Path, given: str, status: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "core", "cache"], cwd=tmp_path, capture_output=True, text=True,
        env={**os.environ, "PELLUCID_HOME": given, "HOME": str(tmp_path / "user"),
             "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == status, done.stderr
    assert not status or done.stderr.count("\n") == 1
    assert not [each for each in tmp_path.iterdir() if each.name != "user"]
