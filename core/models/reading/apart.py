"""Work on a stranger's file in a process of its own, whose memory and time are limited.

Libraries that read graphs and weights are large, and written in languages in which a damaged file
can end the process. So they meet a file there first; here its death is one sentence.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from core.errors import ModelFileError

__all__ = ["apart", "run"]

_REFUSED = 3
"""Status of the child where the file is refused; it says why."""
_MEMORY, _A_BYTE = 6 * 2**30, 16
"""Address space that a child may have, and as many times the file: threads reserve much of it."""
_SECONDS, _WRITTEN = 150, 17 * 2**30
_CODE = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from core.models.reading.apart import run; run(*sys.argv[2:])"
)
_ROOT = str(Path(__file__).parents[3])


def apart(work: str, order: Mapping[str, Any], *, name: str, n_bytes: int) -> dict[str, Any]:
    """Do a work in a process of its own, and return what it told.

    Parameters
    ----------
    work : str
        ``"module:function"`` of ours, from an order to what is told, both as JSON has them.
    order : mapping
    name : str
        Name of the file, for sentences.
    n_bytes : int
        Its size: what memory may be taken.

    Raises
    ------
    ModelFileError
        If the work refuses the file, or ends its process.
    """
    limits = [str(_MEMORY + _A_BYTE * n_bytes), str(_SECONDS), str(_WRITTEN)]
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-c", _CODE, _ROOT, work, *limits],
            input=json.dumps(dict(order)), capture_output=True, text=True, errors="replace",
            check=False, timeout=_SECONDS,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise ModelFileError(
            f"{name} could not be opened within {_SECONDS} s: it asks for more work than a model "
            "of its size does."
        ) from error
    if done.returncode == 0:
        told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return told
    if done.returncode == _REFUSED:
        raise ModelFileError(done.stderr.splitlines()[-1])
    if "MemoryError" in done.stderr or "bad_alloc" in done.stderr:
        raise ModelFileError(f"{name} asks for more memory than a model of its size does.")
    raise ModelFileError(f"{name} is damaged: the library that reads it gave up on it.")


def run(work: str, memory: str, seconds: str, written: str) -> None:
    """Do a work within limits: what the child does."""
    resource.setrlimit(resource.RLIMIT_AS, (int(memory), int(memory)))
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds)))
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(written), int(written)))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    module, _, function = work.partition(":")
    try:
        told = getattr(import_module(module), function)(json.load(sys.stdin))
    except ModelFileError as error:
        sys.stderr.write("\n" + " ".join(str(error).split()))
        sys.exit(_REFUSED)
    sys.stdout.write("\n" + json.dumps(told))
