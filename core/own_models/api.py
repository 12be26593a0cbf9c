"""Models of one's own: looked at, and taken in, from their files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import numpy as np

from core.contracts import Box, ModelChoices, ModelFacts, Outputs, Picture, Run, TriedPicture
from core.control import Control
from core.engine.api import answer
from core.errors import InputError
from core.modalities.picture.overlay import lay_over, png
from core.models.request import import_request
from core.own_models.brought import keep_upload
from core.own_models.formats import MODEL_SUFFIXES
from core.own_models.ranges import Order, Range
from core.own_models.request import (
    looked_facts,
    model_choices,
    own_model_request,
    settled_choices,
)
from core.settings import settings

__all__ = [
    "MODEL_SUFFIXES", "import_model", "inspect_model", "keep_model_file", "tried_pictures",
    "who_brings_models",
]  # fmt: skip


def inspect_model(
    path: str | Path,
    *,
    size: str | tuple[int, int] | None = None,
    range: Range | Literal["auto"] = "auto",
    order: Order | None = None,
    output: str = "",
    kind: Outputs | Literal[""] = "",
    classes: Sequence[str] = (),
    layout: Literal["hwc", "chw"] | None = None,
    samples: str | Path = "",
    trusted: bool = False,
    code: str | Path | None = None,
) -> ModelFacts:
    """Say what a model's file holds, keeping nothing.

    Parameters
    ----------
    path : str or path
        A ``.keras`` file, a whole model as ``.h5``, ``.onnx``, ``.tflite``, an OpenVINO model's
        ``.xml`` (its ``.bin`` beside it), a SavedModel's folder or a zip of it. No code in it is
        run.
    size : str or tuple of int, optional
        Height and width, ``"224x160"``, where the file leaves them free.
    range : {"auto", "0-1", "0-255", "-1-1", "imagenet", "caffe"}
        What pixels are scaled to before the model sees them.
    order : {"rgb", "bgr"}, optional
        Order of its channels.
    output : str
        Name of the output, where there are several.
    kind : {"", "logits", "probabilities", "sigmoid", "binary", "values"}
        What it ends in; told by its graph if left out.
    classes : sequence of str
        One name an output, in their order; two for one sigmoid.
    layout : {"hwc", "chw"}, optional
        Whether channels come last or first, where the shape does not tell.
    samples : str or path
        Labelled pictures, a folder a class or a zip of one, or a dataset: they tell how pictures
        are prepared.
    trusted : bool
        Let the code run that a Keras file of your own holds (Lambdas, layers of yours), here and
        once: what is kept is the graph that comes of it.
    code : str or path, optional
        With ``trusted``: a Python file with the layers and functions that the file names.

    Returns
    -------
    ModelFacts

    Raises
    ------
    InputError
        If the file is damaged, of another kind, holds code, or is no model of pictures; or a
        choice does not fit.
    """
    from core.own_models.inspecting import told

    choices = model_choices(
        size=size, range=range, order=order, output=output, kind=kind, classes=classes,
        layout=layout,
    )  # fmt: skip
    with _graph(Path(path).expanduser(), choices, trusted, code) as (held, _):
        return told(held, choices, samples=str(samples))


def import_model(
    path: str | Path | None = None,
    *,
    name: str = "",
    architecture: str = "",
    weights: bytes | Path | None = None,
    classes: Sequence[str] = (),
    input_size: int | None = None,
    size: str | tuple[int, int] | None = None,
    range: Range | Literal["auto"] = "auto",
    order: Order | None = None,
    output: str = "",
    kind: Outputs | Literal[""] = "",
    layout: Literal["hwc", "chw"] | None = None,
    samples: str | Path = "",
    trusted: bool = False,
    code: str | Path | None = None,
    control: Control | None = None,
) -> Run:
    """Take a model of one's own into the zoo: a whole one, or weights into an architecture.

    The same file twice, read in the same way, is one model.

    Parameters
    ----------
    path : str or path
        A whole model, as in :func:`inspect_model`. With ``architecture``, weights alone.
    name : str
        For people; the file's by default.
    architecture : str
        Of weights alone: id of what they go into; see :func:`architectures`.
    weights : bytes or path, optional
        Of an architecture, in place of ``path``.
    classes : sequence of str
        One name an output. Numbers by default; of weights alone they are needed.
    input_size : int, optional
        Of an architecture: side of its input.
    size, range, order, output, kind, layout, samples, trusted, code
        Of a whole model, as in :func:`inspect_model`.
    control : Control, optional
        Hears of progress and can stop the work.

    Returns
    -------
    Run
        The finished run: a model of the zoo.

    Raises
    ------
    InputError
        As :func:`inspect_model`; or weights do not fit their architecture.
    """
    if architecture:
        given = weights if weights is not None else Path(path or "")
        request = import_request(
            name=name or (Path(path).stem if path else ""), architecture=architecture,
            weights=given, classes=classes, input_size=input_size,
        )  # fmt: skip
        return answer(request, control=control)
    if path is None:
        raise InputError("Give the file of a model, or weights and the architecture they are of.")
    file = Path(path).expanduser()
    choices = model_choices(
        size=size, range=range, order=order, output=output, kind=kind, classes=classes,
        layout=layout,
    )  # fmt: skip
    with _graph(file, choices, trusted, code) as (held, facts):
        if samples:
            from core.own_models.inspecting import told

            found = told(held, choices, samples=str(samples))
            choices = settled_choices(choices, found)
            facts = {**facts, **looked_facts(found)}
        whole = own_model_request(held, name=name or file.stem, choices=choices, facts=facts)
        return answer(whole, control=control)


@contextmanager
def _graph(
    file: Path, choices: ModelChoices, trusted: bool, code: str | Path | None
) -> Iterator[tuple[Path, dict[str, str]]]:
    """Yield what is opened: the file itself, or the graph that its owner's code makes of it."""
    if not trusted:
        if code is not None:
            raise InputError(
                "code runs what is in a file of yours: it is given with trusted=True alone "
                "(--trusted)."
            )
        yield file, {}
        return
    from core.own_models.trusted import graph_of

    own = None if code is None else Path(code).expanduser()
    with graph_of(file, own, size=choices.size) as graph:
        yield graph, {"trusted": file.name if own is None else f"{file.name}, {own.name}"}


def keep_model_file(name: str, data: bytes) -> Path:
    """Keep an uploaded file in this home for a day, so that work on it can be asked for.

    Parameters
    ----------
    name : str
        The file's; a stranger's text.
    data : bytes

    Returns
    -------
    Path
        The same for the same bytes under the same name.

    Raises
    ------
    StoreError
        If the disk is full.
    """
    return keep_upload(name, data)


def tried_pictures(tried: TriedPicture) -> tuple[bytes, bytes]:
    """Draw the picture that a model was tried on: as the model sees it, and with its map.

    Parameters
    ----------
    tried : TriedPicture
        Of a :class:`ModelLook`.

    Returns
    -------
    tuple of bytes
        Two PNGs of the model's input size.
    """
    pixels = tried.pixels
    seen = np.repeat(pixels[..., :1], 3, axis=-1) if pixels.shape[-1] < 3 else pixels[..., :3]
    shown = Picture(tried.name, np.ascontiguousarray(seen))
    height, width = seen.shape[:2]
    over = lay_over(shown, tried.map, signed=tried.signed, box=Box(0, 0, width, height))
    return png(seen), png(over)


def who_brings_models() -> str:
    """Return who may bring models on pages: ``"loopback"``, ``"everyone"`` or ``"nobody"``.

    Returns
    -------
    str
    """
    return settings().bring
