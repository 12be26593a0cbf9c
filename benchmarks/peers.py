"""Peers that need an environment of their own: made at the first call, asked through a pipe."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.base import alternate
from benchmarks.workload import ROOT

__all__ = ["Peer", "environment", "running", "times"]

_PAUSE = 0.05


class Peer:
    """The other process: it answers each name with the seconds that the call took."""

    def __init__(self, name: str, process: subprocess.Popen[str]) -> None:
        self._name = name
        self._process = process

    def call(self, name: str) -> float:
        """Run ``name`` there once."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{name}\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"{self._name}'s process ended at {name!r}; its errors are above.")
        return float(json.loads(answer)["seconds"])


def environment(name: str) -> Path:
    """Return the Python of a peer's environment, made at the first call.

    ``requirements-bench-NAME.txt`` says what is in it; where ``requirements-bench-NAME-alone.txt``
    stands beside it, its packages are installed without what they ask for.
    """
    folder = ROOT / ".bench-venvs" / name
    python = folder / "bin" / "python"
    if not (folder / "ready").is_file():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        wanted = ROOT / f"requirements-bench-{name}.txt"
        alone = ROOT / f"requirements-bench-{name}-alone.txt"
        subprocess.run([*install, "-r", str(wanted)], check=True)
        if alone.is_file():
            subprocess.run([*install, "--no-deps", "-r", str(alone)], check=True)
        (folder / "ready").touch()
    return python


@contextmanager
def running(name: str, module: str, folder: Path) -> Iterator[Peer]:
    """Start ``module`` in the peer's environment, told the folder that both sides read."""
    process = subprocess.Popen(
        [str(environment(name)), "-m", module, str(folder)],
        cwd=ROOT,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Peer(name, process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(30)


def times(
    ours: Callable[[], object], peer: Peer, name: str, repeats: int
) -> tuple[list[float], list[float]]:
    """Time ours and the peer's call ``name`` in turn; its seconds are those it tells."""
    theirs: list[float] = []
    mine, _ = alternate(ours, lambda: theirs.append(peer.call(name)), repeats=repeats, pause=_PAUSE)
    return mine, theirs[1:]
