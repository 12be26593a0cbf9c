"""Files with code of their owner's: it is run once, here, and the graph that comes of it kept.

Own layers and Lambdas are common in people's own files. Whoever wrote them may let them run, on
their machine, at their command line (``--trusted``), and never from a page. Keras opens the file,
code and all; what it computes is written down as OpenVINO's graph, which holds no code, and read
from then on as any other graph's file: rebuilt with gradients where its operators are known.
"""

from __future__ import annotations

import importlib.util
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from core.errors import ModelFileError
from core.files import no_file
from core.models.kept_logging import kept_logging
from core.models.reading.written_graph import answering, named_anew, write_graph
from core.models.tensorflow import keras
from core.own_models.understood import CLOSE

__all__ = ["graph_of"]

_N, _FREE_SIDE = 4, 64


@contextmanager
def graph_of(path: Path, code: Path | None, *, size: tuple[int, int] | None) -> Iterator[Path]:
    """Run a file's code, and yield the file of the graph that it makes.

    Parameters
    ----------
    path : Path
        A file that Keras opens.
    code : Path, optional
        A Python file with the layers and functions that it names.
    size : tuple of int, optional
        Height and width, where the file leaves them free.

    Raises
    ------
    ModelFileError
        If the code fails, or its graph cannot be written down, or does not answer as Keras does.
    """
    objects = {} if code is None else _objects(code)
    try:
        model = keras.models.load_model(
            str(path), custom_objects=objects, compile=False, safe_mode=False
        )
    except (Exception, SystemExit) as error:  # whatever a stranger's code raises
        told = "" if code is not None else (
            " Layers and functions of your own are found in a Python file that you name (--code "
            "mylayers.py)."
        )  # fmt: skip
        raise ModelFileError(
            f"{path.name} could not be opened by Keras, its code let run: {_line(error)}.{told}"
        ) from error
    with tempfile.TemporaryDirectory(prefix="pellucid-trusted-") as folder:
        file = Path(folder) / f"{path.stem or 'model'}.xml"
        try:
            with kept_logging():
                write_graph(model, file)
        except (Exception, SystemExit) as error:  # of a layer that is no graph
            raise ModelFileError(
                f"{path.name} opens, but what it computes cannot be written down as a graph: "
                f"{_line(error)}. Layers that run Python at every call are none."
            ) from error
        _compare(model, file, size, path.name)
        yield named_anew(file)


def _objects(code: Path) -> dict[str, Any]:
    """Import a Python file and return its classes and functions by name."""
    if what := no_file(code):
        raise ModelFileError(f"There is no Python file {code.name!r} (--code): it {what}.")
    spec = importlib.util.spec_from_file_location(code.stem, code)
    if spec is None or spec.loader is None:
        raise ModelFileError(
            f"A Python file is expected, mylayers.py (--code). Received: {code.name!r}."
        )
    module = importlib.util.module_from_spec(spec)
    sys.modules[code.stem] = module  # what it holds is looked up by the name of its module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # whatever it raises
        raise ModelFileError(f"{code.name} cannot be imported: {_line(error)}.") from error
    return {name: value for name, value in vars(module).items() if callable(value)}


def _compare(model: Any, file: Path, size: tuple[int, int] | None, name: str) -> None:
    """Refuse a graph that does not answer as the model does, code and all."""
    if len(model.inputs) != 1:
        return  # refused with its reason where the graph is read
    height, width = size or (None, None)
    shape = [
        given or free or _FREE_SIDE
        for given, free in zip(
            model.inputs[0].shape[1:], (height, width, 3), strict=False
        )
    ]  # fmt: skip
    rng = np.random.default_rng(0)
    graph = answering(file)
    for most in (1.0, 255.0):
        batch = rng.random((_N, *shape), dtype=np.float32) * np.float32(most)
        theirs = keras.tree.flatten(model.predict(batch, verbose=0))
        ours = graph(batch)
        for one, other in zip(theirs, ours, strict=True):
            span = max(1.0, float(np.abs(one).max()))
            apart = float(np.abs(np.asarray(one, np.float64) - other).max()) / span
            if not apart <= CLOSE:
                raise ModelFileError(
                    f"{name}: its graph answers differently from Keras with its code (by "
                    f"{apart:.2g}), so it is not taken. Does a layer of yours draw at random?"
                )


def _line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
    return (text if len(text) <= 300 else f"{text[:300]}…").rstrip(".")
