"""Files of graphs as they are looked at before a library opens them: what all formats share."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from pathlib import Path

from core.models.reading.plain import refuse, shown

__all__ = [
    "ANSWERS", "MODEL", "MOST_NODES", "MOST_TENSOR", "GraphFile", "beside", "check_nodes",
    "check_tensor", "labels_in",
]  # fmt: skip

MODEL, ANSWERS = "model.xml", "answers.npz"
"""Files that :mod:`core.models.reading.front_end` writes: the graph, and what the file answers."""
MOST_NODES = 20_000
MOST_TENSOR = 2**29
"""Numbers of one tensor: 2 GB."""
_MOST_NAMES, _MOST_TEXT = 20_000, 2**20


@dataclass(frozen=True)
class GraphFile:
    """A graph's file, looked at and not yet opened.

    Parameters
    ----------
    name : str
        The file's, for sentences.
    format : str
        Id of the format.
    front_end : str
        Which of OpenVINO's front ends reads it.
    path : Path
        What that is given.
    parts : tuple of Path
        Every file that it is made of.
    classes : tuple of str
        Names of classes that stand in it; empty for none.
    """

    name: str
    format: str
    front_end: str
    path: Path
    parts: tuple[Path, ...]
    classes: tuple[str, ...] = ()


def check_nodes(n: int, where: str, *, most: int = MOST_NODES) -> None:
    """Refuse graphs of too many operators.

    Raises
    ------
    ModelFileError
        If there are none, or more than ``most``.
    """
    if n > most:
        refuse(where, f"it has more than {most:,} operators.")
    if n == 0:
        refuse(where, "it has no operators: it is no model.")


def check_tensor(shape: list[int], where: str, name: str) -> int:
    """Return how many numbers a tensor of a fixed shape has; sides below 0 are free ones.

    Raises
    ------
    ModelFileError
        If there are more than :data:`MOST_TENSOR`.
    """
    n = prod(side for side in shape if side >= 0)
    if n > MOST_TENSOR:
        refuse(where, f"the tensor {shown(name)} has {n:,} numbers; at most {MOST_TENSOR:,} are "
               "opened.")  # fmt: skip
    return n


def beside(path: Path, named: str, where: str) -> Path:
    """Return a file that another one names, if it lies in the same folder.

    Raises
    ------
    ModelFileError
        If it leads out of the folder, is a link, or is not there.
    """
    relative = Path(named)
    if not named or relative.is_absolute() or ".." in relative.parts or "\0" in named:
        refuse(where, f"it names the file {shown(named)}, which lies outside its folder: not read.")
    folder, found = path.parent, path.parent
    for part in relative.parts:
        found /= part
        if found.is_symlink():
            refuse(where, f"it names the file {shown(named)}, which is a link: not followed. Put "
                   "the file itself beside the model.")  # fmt: skip
    if found == folder or not found.is_file():
        refuse(where, f"it needs the file {shown(named)} beside it, which is not there.")
    return found


def labels_in(text: str) -> tuple[str, ...]:
    """Return names of classes, one a line; empty if the text holds none that can be shown."""
    lines = [line.strip() for line in text[:_MOST_TEXT].splitlines() if line.strip()]
    good = len(lines) <= _MOST_NAMES and all(
        len(each) <= 120 and each.isprintable() for each in lines
    )
    return tuple(lines) if good and len(set(lines)) == len(lines) else ()
