"""The command line as people ask it: in this process, or as a process where that is the point."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from core.cli import main

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    returncode: int
    stdout: str
    stderr: str


def run(*arguments: object) -> Ran:
    """Run a command in this process, where TensorFlow and the models are loaded already."""
    out, told = io.StringIO(), io.StringIO()
    handler = logging.StreamHandler(told)
    handler.setLevel(logging.WARNING)
    with ExitStack() as around:
        around.enter_context(redirect_stdout(out))
        around.enter_context(redirect_stderr(told))
        around.enter_context(patch.object(sys, "__stdout__", out))
        logging.getLogger().addHandler(handler)
        around.callback(logging.getLogger().removeHandler, handler)
        try:
            main([*map(str, arguments)])
        except SystemExit as end:
            status = end.code
    assert isinstance(status, int)
    return Ran(status, out.getvalue(), told.getvalue())


def run_as_process(*arguments: object) -> Ran:
    """Run it as a user does: whatever libraries write to its streams counts as well."""
    done = subprocess.run(
        [sys.executable, "-m", "core", *map(str, arguments)],
        cwd=ROOT, capture_output=True, text=True, timeout=280, check=False,
    )  # fmt: skip
    return Ran(done.returncode, done.stdout, done.stderr)


def answered(done: Ran) -> dict[str, Any]:
    """Return the one JSON document that a command printed, nothing around it."""
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def answer(*arguments: object) -> dict[str, Any]:
    return answered(run(*arguments, "--json"))


def refused(*arguments: object, words: str = "") -> None:
    is_refusal(run(*arguments, "--json"), words)


def is_refusal(done: Ran, words: str) -> None:
    assert done.returncode == 2, (done.returncode, done.stderr)
    assert done.stdout == ""
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("error: ")
    assert words in line
