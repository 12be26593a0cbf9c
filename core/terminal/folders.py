"""Pictures that a command line names, and the files of folders that cannot be read."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

from core import api
from core.contracts import DEPTHS, Depth, OpenedSource, Picture, count_text
from core.data.folder.listing import CLASSES
from core.errors import ImageError, InputError
from core.modalities.base import Modality
from core.models import zoo
from core.tabular.folder_table import TABLES
from core.terminal.options import printable

__all__ = [
    "DepthName", "Pictures", "RecursiveFlag", "StrictFlag", "checked_depth", "find_pictures",
    "opened",
]  # fmt: skip

DepthName = Annotated[
    str, typer.Option("--depth", help=f"Bits of samples in files of 16: {', '.join(DEPTHS)}.")
]
RecursiveFlag = Annotated[bool, typer.Option("--recursive", help="Look into subfolders too.")]
StrictFlag = Annotated[
    bool, typer.Option("--strict", help="Exit with 2 where a file of a folder cannot be read.")
]


@dataclass
class Pictures:
    """Paths, and what was found out about them while they were read.

    A file that was named itself must be read; of a folder the rest is done.
    """

    paths: list[Path]
    named: frozenset[Path]
    model: str = api.DEFAULT_MODEL
    problems: dict[Path, str] = field(default_factory=dict)
    notes: dict[str, list[str]] = field(default_factory=dict)
    skipped: list[dict[str, Any]] = field(default_factory=list)
    others: list[dict[str, Any]] = field(default_factory=list)

    def noted(self, given: object, source: OpenedSource) -> None:
        """Keep what was done to a source while it was opened."""
        for note in api.source_notes(source, model=self.model):
            self.notes.setdefault(note, []).append(str(given))

    def missed(self, index: int, error: ImageError) -> None:
        """Note a file that cannot be read.

        Raises
        ------
        ImageError
            If it was named itself, or no file is left.
        """
        path = self.paths[index]
        if path in self.named:
            raise error
        self.problems[path] = str(error)
        if len(self.problems) == len(self.paths):
            first, problem = next(iter(self.problems.items()))
            raise InputError(
                f"None of the {count_text(len(self.paths), 'picture')} can be read. The first: "
                f"{first}: {problem}"
            ) from error

    @property
    def read(self) -> list[Path]:
        """Those that can be read, in their order; all, before any was."""
        return [path for path in self.paths if path not in self.problems]

    def check(self, depth: Depth) -> list[Path]:
        """Open each file once, and return those that can be read."""
        for index, path in enumerate(self.paths):
            try:
                self.noted(path, api.open_picture(path, depth=depth))
            except ImageError as error:
                self.missed(index, error)
        return self.read

    def facts(self) -> dict[str, Any]:
        """Return what a document says of what was left out and passed over; or nothing."""
        left_out = [{"image": str(p), "problem": text} for p, text in self.problems.items()]
        skipped = {"skipped_subfolders": self.skipped, "skipped_files": self.others}
        return {name: each for name, each in skipped.items() if each} | (
            {"unreadable": left_out} if left_out else {}
        )

    def tell(self, *, strict: bool) -> None:
        """Say on stderr how pictures were read and what was left out.

        Raises
        ------
        Exit
            With 2, if nothing may be left out.
        """
        for note, names in self.notes.items():
            more = f" and {len(names) - 1} more" if len(names) > 1 else ""
            print(printable(f"{names[0]}{more}: {note}"), file=sys.stderr)
        for path, problem in self.problems.items():
            print(printable(f"left out: {path}: {problem}"), file=sys.stderr)
        if self.problems:
            count = (
                f"{len(self.problems)} of {count_text(len(self.paths), 'picture')} could "
                "not be read."
            )
            print(count, file=sys.stderr)
            if strict:
                raise typer.Exit(2)


def find_pictures(
    paths: Sequence[Path], *, recursive: bool = False, model: str = api.DEFAULT_MODEL
) -> Pictures:
    """Expand folders to the files in them that ``model`` takes, in the order of their names.

    Raises
    ------
    InputError
        For a folder without pictures.
    """
    named = frozenset(path for path in paths if not path.is_dir())
    found = Pictures([], named, model)
    of = zoo.modality(model)
    for path in paths:
        if path in named:
            found.paths.append(path)
        else:
            _add_folder(found, path, recursive, of)
    return found


def _add_folder(found: Pictures, folder: Path, recursive: bool, of: Modality) -> None:
    taken: list[Path] = []
    others: list[Path] = []
    for place, below, names in os.walk(folder):
        below[:] = sorted(name for name in below if not name.startswith((".", "__")))
        for path in (Path(place, name) for name in sorted(names)):
            if of.takes(path):
                taken.append(path)
            elif not path.name.startswith(".") and path.name not in (*TABLES, CLASSES):
                others.append(path)
        if not recursive:
            break
    if not taken:
        hint = f"; it has {len(below)} subfolder(s), which --recursive looks into" * bool(below)
        raise InputError(f"The folder {folder} holds no {of.files}{hint}.")
    found.paths += taken
    if below and not recursive:
        told = f"{folder}: {len(below)} subfolder(s) were not looked into (--recursive)."
        print(printable(told), file=sys.stderr)
        found.skipped.append({"folder": str(folder), "n": len(below)})
    if others:
        first = ", ".join(path.relative_to(folder).as_posix() for path in others[:3])
        told = f"{folder}: not taken, {len(others)} in number: {first}{', …' * (len(others) > 3)}."
        print(printable(f"{told} Expected {of.files}."), file=sys.stderr)
        found.others.append({"folder": str(folder), "n": len(others)})


def checked_depth(text: str) -> Depth:
    """Return the depth that ``text`` names."""
    for depth in DEPTHS:
        if text == depth:
            return depth
    raise InputError(f"--depth must be one of {', '.join(DEPTHS)}. Received: {text!r}.")


def opened(path: Path, depth: str) -> Picture:
    """Open one picture that was named itself, and say on stderr how it was read."""
    picture = api.open_picture(path, depth=checked_depth(depth))
    for note in picture.notes:
        print(printable(f"{path}: {note}"), file=sys.stderr)
    return picture
