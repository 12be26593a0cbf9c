"""Class names and WordNet ids, offline.

``imagenet.csv`` holds the 1000 classes of ILSVRC-2012 in their usual order with the synonyms of
WordNet 3.0 (see ``LICENSES.md`` beside it).
"""

from __future__ import annotations

import csv
import difflib
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from core import numerals
from core.contracts import ClassRef, ModelRef, count_text
from core.errors import AmbiguousNameError, InputError, NumeralError, UnknownNameError
from core.files import no_file
from core.models import zoo
from core.models.spec import ModelSpec

__all__ = ["ClassNames", "class_names"]

_WNID = re.compile(r"n\d{8}")


@dataclass(frozen=True)
class ClassNames:
    """The classes of a model, by index.

    Parameters
    ----------
    labels : tuple of str
        One name a class; where two classes share a name, the WordNet id stands behind it.
    wnids : tuple of str
        WordNet ids, or empty.
    synonyms : tuple of tuple of str
        Every name of each class, the first being the usual one.
    """

    labels: tuple[str, ...]
    wnids: tuple[str, ...] = ()
    synonyms: tuple[tuple[str, ...], ...] = ()

    def ref(self, index: int) -> ClassRef:
        """Return the class at ``index``.

        Raises
        ------
        UnknownNameError
            If the model has no such class.
        """
        if not 0 <= index < len(self.labels):
            raise UnknownNameError(
                f"There is no class {index}: the model has "
                f"{count_text(len(self.labels), 'class')}, numbered 0 to {len(self.labels) - 1}."
            )
        return ClassRef(index, self.labels[index])

    def find(self, text: str | int) -> ClassRef:
        """Find a class by index, name, synonym or WordNet id; case and ``_`` do not matter.

        Raises
        ------
        UnknownNameError
            If no class carries the name; the text suggests the nearest ones.
        AmbiguousNameError
            If several do; the text lists them.
        """
        wanted = str(text).strip()
        if numerals.is_whole(wanted):
            return self.ref(self._index(wanted))
        if _WNID.fullmatch(wanted) and wanted in self.wnids:
            return self.ref(self.wnids.index(wanted))
        name = _fold(wanted)
        matches = [i for i, label in enumerate(self.labels) if _fold(label) == name]
        matches = matches or [i for i, s in enumerate(self.synonyms) if s and _fold(s[0]) == name]
        matches = matches or [
            i for i, s in enumerate(self.synonyms) if name in {_fold(t) for t in s}
        ]
        if len(matches) == 1:
            return self.ref(matches[0])
        if matches:
            raise AmbiguousNameError(self._ambiguous(wanted, matches))
        raise UnknownNameError(self._unknown(wanted))

    def matching(self, names: Sequence[str]) -> tuple[int, ...]:
        """Return the index of each class of a dataset, found by its name; numbers are names too.

        A class ``3`` of a dataset is a model's class of that very name, or the one of a model
        without names (``class 3``), and never whatever class stands at that place.

        Raises
        ------
        UnknownNameError
            If one is not among the model's classes, or two are the same.
        """
        if tuple(names) == self.labels:
            return tuple(range(len(self.labels)))
        found: dict[int, str] = {}
        for name in names:
            index = self._named(name)
            if index in found:
                raise UnknownNameError(
                    f"{found[index]!r} and {name!r} are the same class of the model, "
                    f"{self.labels[index]!r}. Name each class once."
                )
            found[index] = name
        return tuple(found)

    def _named(self, name: str) -> int:
        same = [i for i, label in enumerate(self.labels) if label == name]
        if len(same) == 1:
            return same[0]
        if not numerals.is_whole(name):
            return self.find(name).index
        unnamed = f"class {name}"
        if unnamed in self.labels:
            return self.labels.index(unnamed)
        raise UnknownNameError(
            f"{name!r} is a number, and which of the model's classes it stands for isn't known. "
            "Name classes as the model does."
        )

    def _index(self, wanted: str) -> int:
        try:
            return numerals.whole(wanted)
        except NumeralError as error:
            raise UnknownNameError(
                f"There is no class {numerals.excerpt(wanted)}: the model has {len(self.labels)}."
            ) from error

    def _ambiguous(self, wanted: str, matches: Sequence[int]) -> str:
        listed = "; ".join(
            f"{i} ({self.wnids[i]}: {', '.join(self.synonyms[i])})" if self.wnids else str(i)
            for i in matches
        )
        return (
            f"{count_text(len(matches), 'class')} are called {wanted!r}: {listed}. Give the "
            "index or the id."
        )

    def _unknown(self, wanted: str) -> str:
        names = [t for s in self.synonyms for t in s] or list(self.labels)
        close = difflib.get_close_matches(wanted, names, n=3, cutoff=0.6)
        hint = f" Did you mean {', '.join(map(repr, close))}?" if close else ""
        return (
            f"There is no class called {wanted!r}.{hint} "
            "Give an index, a class name, or a WordNet id such as n02123045."
        )


def _fold(text: str) -> str:
    composed = unicodedata.normalize("NFC", text)
    return " ".join(composed.replace("_", " ").casefold().split())


@lru_cache(maxsize=1)
def _imagenet() -> ClassNames:
    table = (files("core.models") / "imagenet.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(table.splitlines()))
    shared = Counter(_fold(row["name"]) for row in rows)
    labels = tuple(
        f"{row['name']} ({row['wnid']})" if shared[_fold(row["name"])] > 1 else row["name"]
        for row in rows
    )
    synonyms = tuple((row["name"], *filter(None, row["synonyms"].split("|"))) for row in rows)
    return ClassNames(labels, tuple(row["wnid"] for row in rows), synonyms)


@lru_cache(maxsize=32)
def _from_file(path: str, modified: float) -> ClassNames:
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise InputError(
            f"The class file {path!r} is not UTF-8 text; expected one class name a line."
        ) from error
    labels = tuple(line.strip() for line in lines if line.strip())
    if len(labels) < 2:
        raise InputError(
            f"The class file {path!r} names {count_text(len(labels), 'class')}; expected two or "
            "more lines."
        )
    return ClassNames(labels)


def class_names(ref: ModelRef) -> ClassNames:
    """Return the class names of a model: the user's file, else what the zoo declares.

    Raises
    ------
    InputError
        If the file is missing, is not a list of names, or holds a model's own in another order.
    """
    if ref.classes is not None:
        path = Path(ref.classes)
        if what := no_file(path):
            raise InputError(
                f"There is no class file {ref.classes!r}: it {what}. Expected a text file."
            )
        given = _from_file(str(path), path.stat().st_mtime)
        own = _declared(zoo.get(ref.id)).labels
        if ref.weights == "pretrained" and given.labels != own and set(given.labels) == set(own):
            raise InputError(
                f"The class file {ref.classes!r} names the classes of {ref.id} in another order, "
                "so its answers would go under wrong names. Leave the file out."
            )
        return given
    return _declared(zoo.get(ref.id))


def _declared(spec: ModelSpec) -> ClassNames:
    if isinstance(spec.labels, tuple):
        return ClassNames(spec.labels)
    if spec.labels == "imagenet":
        return _imagenet()
    noun = "value" if spec.outputs == "values" else "class"
    return ClassNames(tuple(f"{noun} {i}" for i in range(spec.n_classes)))
