"""Compressed models: a LiteRT file (``.tflite``), read and run by OpenVINO, without TensorFlow.

Why this pair, measured on 2 cores with VNNI, EfficientNet-Lite0 on 100 pictures of the ImageNet
sample: :mod:`core.compression.litert`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from core.errors import WeightsError
from core.models.file_forward import LOGITS, FileForward

__all__ = ["open_lite"]


def open_lite(path: Path, layers: Sequence[str], n_classes: int) -> FileForward:
    """Open a file that :mod:`core.compression.litert` wrote.

    Parameters
    ----------
    layers : sequence of str
        The feature layers among its outputs, in their order behind the logits.
    n_classes : int

    Raises
    ------
    WeightsError
        If the file cannot be read or has other outputs.
    """
    import openvino as ov

    core = ov.Core()
    try:
        model = core.read_model(str(path))
    except RuntimeError as error:
        raise WeightsError(
            f"{path.name} cannot be read as a LiteRT model: delete the run and compress again."
        ) from error
    shapes = [tuple(output.shape) for output in model.outputs]
    if len(shapes) != 1 + len(layers) or shapes[0] != (1, n_classes):
        raise WeightsError(
            f"{path.name} has the outputs {shapes}; expected logits (1, {n_classes}) and "
            f"{len(layers)} feature layers. Delete the run and compress again; class names that a "
            "user gives must be as many as the logits."
        )
    return FileForward(
        core, model, [LOGITS, *layers], arithmetic="OpenVINO f32, weights stored in f16"
    )
