"""200 pictures against ``keras.Model.predict``: decoded ones, and files while they are decoded."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np
from PIL import Image

from benchmarks.base import Options, Row, alternate, faster, info, main, milliseconds
from benchmarks.workload import model_inputs, picture_files, stack, warm_runtime
from core import api
from core.contracts import Array
from core.modalities.picture import images
from core.models.tensorflow import keras

__all__ = ["measure"]

_AT_LEAST = 1.5
_BATCH = 32
_MARK = 8


def measure(options: Options) -> list[Row]:
    """Time both on decoded pictures, then both from files."""
    keras.config.disable_interactive_logging()
    n = options.some(200, 48)
    repeats = options.some(min(options.repeats, 7), 1)
    model = warm_runtime()
    network = model.network().model
    batch = stack(model_inputs(n))
    ours, theirs = alternate(
        lambda: model.logits(batch),
        lambda: network.predict(batch, batch_size=_BATCH, verbose=0),
        repeats=repeats,
    )
    difference = float(np.abs(model.logits(batch) - network.predict(batch, verbose=0)).max())
    decoded = faster(
        f"Prediction of {n} decoded pictures against keras.Model.predict",
        milliseconds(ours),
        milliseconds(theirs),
        at_least=_AT_LEAST,
        note=f"largest difference of a logit {difference:.1e}; {model.device}",
    )
    return [decoded, *_from_files(network, n, repeats)]


def _from_files(network: keras.Model, n: int, repeats: int) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="pellucid-pictures-") as name:
        # Every run needs pictures that the store has not seen.
        rounds = iter([_marked_copies(n, Path(name), r) for r in range(2 * (repeats + 1) + 1)])

        def ours() -> None:
            for _ in api.predict_many(next(rounds)):
                pass

        def one_after_the_other() -> None:
            network.predict(_decoded(next(rounds)), batch_size=_BATCH, verbose=0)

        whole, theirs = alternate(ours, one_after_the_other, repeats=repeats)
        began = perf_counter()
        _decoded(next(rounds))
        decoding = perf_counter() - began
    return [
        faster(
            f"Prediction of {n} files against decoding, then keras.Model.predict",
            milliseconds(whole),
            milliseconds(theirs),
            at_least=_AT_LEAST,
            note="ours decodes meanwhile and stores every result",
        ),
        info(f"… of which decoding {n} files alone, one after the other", 1e3 * decoding),
    ]


def _decoded(files: list[Path]) -> Array:
    return stack([images.to_input(images.open_picture(f), shape=(224, 224, 3)) for f in files])


def _marked_copies(n: int, folder: Path, round_: int) -> list[Path]:
    """Copy pictures as JPEG with a patch of a random colour in the middle."""
    copies = []
    for i, source in enumerate(picture_files(n)):
        with Image.open(source) as opened:
            picture = opened.convert("RGB")
        left, top = (side // 2 for side in picture.size)
        picture.paste(tuple(os.urandom(3)), (left, top, left + _MARK, top + _MARK))
        copies.append(folder / f"{round_}-{i}.jpg")
        picture.save(copies[-1], quality=92)
    return copies


if __name__ == "__main__":
    main(measure, __doc__)
