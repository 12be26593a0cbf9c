"""``--help`` is what was asked for: it goes to stdout, and the status is 0."""

from __future__ import annotations

import subprocess
import sys

import pytest
import typer.main

from core.cli import app, main

from .conftest import ROOT

COMMANDS = sorted(typer.main.get_command(app).commands)  # type: ignore[attr-defined]


def asked(capfd: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    out, err = capfd.readouterr()
    assert (left.value.code, err) == (0, "")
    return out


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_each_command_goes_to_stdout(
    command: str, capfd: pytest.CaptureFixture[str]
) -> None:
    out = asked(capfd, command, "--help")
    assert out.startswith("Usage: ")
    assert f" {command} [OPTIONS]" in out
    assert "--help" in out


def test_help_of_all_and_of_none(capfd: pytest.CaptureFixture[str]) -> None:
    out = asked(capfd, "--help")
    assert all(f"\n  {command} " in out for command in COMMANDS)
    assert asked(capfd) == out, "without arguments it says what there is"


def test_a_process_does_so_too() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "core", "fairness", "--help"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "--y-true" in done.stdout
