"""Float16 and int8 files: Keras → LiteRT (``.tflite``), by TensorFlow's converter.

Which converter and which runtime, measured on EfficientNet-Lite0, calibrated on 100 pictures of the
ImageNet sample and compared on the other 100 (two cores with VNNI; ``benchmarks/compression.py``)::

    int8 by              run by              agreement  accuracy  ms     it takes
    LiteRT's converter   OpenVINO            0.95       0.85      3.1    nothing more
    LiteRT's converter   tf.lite, XNNPACK    0.95       0.85      10     TensorFlow in the process
    LiteRT's converter   ai-edge-litert      0.95       0.85      8      22 MB
    NNCF                 OpenVINO            0.94       0.87      3.6    nncf, ninja, pydot, …
    (float32)            OpenVINO            1          0.87      7      nothing more

The two converters do not differ by more than chance on 100 pictures; the file of LiteRT is what
phones run, and OpenVINO, there already, runs it quickest. Float16 halves the file and moves no
logit by more than 0.04; processors compute it in float32, so it is not quicker here.

Post-training quantisation: Jacob et al. 2017 (arXiv:1712.05877), weights per channel, activations
per tensor, ranges from the smallest and largest values over the calibration pictures.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from core.compression.calibration_data import Pictures
from core.compression.task import Compressed, Task
from core.errors import CapabilityError
from core.models.feature_layers import layer_tensor
from core.models.lite import open_lite
from core.models.tensorflow import keras, tf

__all__ = ["LiteForm", "make_litert", "to_litert"]

LiteForm = Literal["float16", "int8"]
_FILE = "model.tflite"


def make_litert(task: Task, form: LiteForm) -> Compressed:
    """Convert the twin, write the file, and open it again as pages will."""
    task.control.progress(0.15, "converting")
    model, spec = task.twin.network().model, task.twin.spec
    payload = to_litert(
        model, spec.layers, form=form, calibration=task.calibration_data.calibration
    )
    path = task.folder / _FILE
    path.write_bytes(payload)
    return Compressed(_FILE, open_lite(path, spec.layers, task.twin.n_classes))


def to_litert(
    model: keras.Model,
    layers: Sequence[str],
    *,
    form: LiteForm,
    calibration: Pictures,
) -> bytes:
    """Convert a model; its outputs are the logits and the feature layers, all float32.

    Parameters
    ----------
    model : keras.Model
        From float32 ``(1, H, W, 3)`` in [0, 1] to logits.
    layers : sequence of str
    calibration : Pictures
        Of what the ranges of activations are taken.

    Raises
    ------
    CapabilityError
        If the converter cannot express an operation of the model.
    """
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    wide = keras.Model(model.input, [model.output, *(layer_tensor(model, x) for x in layers)])

    @tf.function(autograph=False)
    def passes(pixels: Any) -> Any:
        values = tf.nest.flatten(wide(pixels, training=False))  # one output comes without a list
        return {f"out{i:03d}": tf.identity(value) for i, value in enumerate(values)}

    shape = (1, *model.input.shape[1:])
    concrete = passes.get_concrete_function(tf.TensorSpec(shape, tf.float32))
    # Variables as constants: the calibrator cannot read resources.
    frozen = convert_variables_to_constants_v2(concrete)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([frozen])
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if form == "float16":
        converter.target_spec.supported_types = [tf.float16]
    else:
        converter.representative_dataset = lambda: _one_by_one(calibration)
        # What has no int8 kernel stays in float32.
        converter.target_spec.supported_ops = [
            tf.lite.OpsSet.TFLITE_BUILTINS_INT8, tf.lite.OpsSet.TFLITE_BUILTINS,
        ]  # fmt: skip
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            converted: bytes = converter.convert()
    except (RuntimeError, ValueError, tf.errors.OpError) as error:
        reason = (str(error).splitlines() or ["no reason given"])[0]
        raise CapabilityError(
            f"{model.name} cannot be written as a LiteRT file: {reason} Prune it instead."
        ) from error
    return converted


def _one_by_one(pictures: Pictures) -> Iterator[list[Any]]:
    for chunk in pictures.chunks():
        for i in range(len(chunk)):
            yield [chunk[i : i + 1]]
