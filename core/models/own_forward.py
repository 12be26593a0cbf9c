"""Models of one's own that run forwards alone: their graph kept as OpenVINO writes it.

The safetensors file of such a run holds the description (``xml``) and the numbers (``bin``) of one
graph from pixels in [0, 1], channels last, to logits and feature layers; its hash names the whole.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from core.contracts import Array, Run
from core.errors import ModelFileError, WeightsError
from core.models.own_graph import described_spec
from core.models.spec import Affine, ModelSpec

if TYPE_CHECKING:
    import openvino as ov

    from core.models.file_forward import FileForward

__all__ = [
    "OWN_FORWARD", "OwnForward", "from_pixels", "open_own_forward", "own_forward_spec",
    "unpacked", "whole_of",
]  # fmt: skip

OWN_FORWARD = "own forward graph"
"""What runs name as the architecture of a graph without gradients."""
Packed = dict[str, npt.NDArray[np.uint8]]


class OwnForward:
    """What runs these files."""

    id = "openvino"

    def open(self, path: Path, layers: Sequence[str], n_classes: int) -> FileForward:
        """Return the passes of a file that was taken in."""
        return open_own_forward(path, layers, n_classes)

    def no_network(self, spec: ModelSpec) -> str:
        """Say what is there, and which files have more."""
        return (
            f"{spec.id} runs forwards alone: it has no gradients, and no weights that could be "
            "drawn anew or trained. A .keras file of the same model has them."
        )

    def no_weights(self, spec: ModelSpec, weights: str) -> str:
        """Name the way to the same with other weights."""
        return (
            f"{spec.id} is a graph with its weights inside and takes no others. Received: "
            f"{weights}. Import the file that has them."
        )


def own_forward_spec(run: Run) -> ModelSpec:
    """Return the spec of a model that was taken in and has no gradients."""
    return described_spec(run, builder="", runtime=OwnForward.id, gradients=False)


def whole_of(wide: ov.Model) -> Callable[[Array], Array]:
    """Return a file's own graph, its end and all, as a function of batches ``(N, H, W, C)``.

    Parameters
    ----------
    wide : openvino.Model
        As :mod:`core.models.reading.front_end` writes it.
    """
    import openvino as ov

    from core.models.forward import Forward

    whole = ov.Model([wide.get_results()[1]], wide.get_parameters(), "said")
    passes = Forward(ov.Core(), whole, ["said"])
    return lambda batch: passes.run(batch, ("said",))[0]


def from_pixels(
    wide: ov.Model, preprocessing: Affine, *, end: str, two_of_one: bool, by_logarithms: bool
) -> Packed:
    """Put pixels in [0, 1] before a graph, choose its logits, and return what is kept of it.

    Parameters
    ----------
    wide : openvino.Model
        As :mod:`core.models.reading.front_end` writes it: from what a file takes, ``(1, H, W, C)``,
        to what enters its last softmax or sigmoid, to its whole output, and to layers.
    preprocessing : Affine
        From pixels to what it takes.
    end : {"softmax", "sigmoid", ""}
        What its logits enter; of none the whole output is its logits or values.
    two_of_one : bool
        Whether its one logit speaks for two classes.
    by_logarithms : bool
        Whether that end is not in the graph: logarithms of what it gives stand in for logits.
    """
    import openvino as ov
    from openvino import opset13 as op

    given = wide.get_parameters()[0]
    shape = list(given.get_output_shape(0))
    said = preprocessing.of(shape[-1])
    pixels = op.parameter(shape, np.float32, "pixels")
    x = op.gather(pixels, np.array([2, 1, 0]), np.array(3)) if said.order == "bgr" else pixels
    mean, scale = (np.asarray(each, np.float32) for each in (said.mean, said.scale))
    x = op.divide(op.subtract(op.multiply(x, np.float32(255)), mean), scale)
    for reader in given.output(0).get_target_inputs():
        reader.replace_source_output(x.output(0))
    entering, said, *layers = (each.get_node().input_value(0) for each in wide.outputs)
    logits = entering if end and not by_logarithms else said
    if by_logarithms:
        logits = _logarithm(said)
        if end == "sigmoid":
            logits = op.subtract(logits, _logarithm(op.subtract(np.float32(1), said))).output(0)
    if two_of_one:
        half, against = (op.multiply(logits, np.float32(each)) for each in (0.5, -0.5))
        logits = op.concat([against, half], 1).output(0)
    return _packed(ov.Model([op.result(each) for each in (logits, *layers)], [pixels], "own"))


def _logarithm(x: ov.Output) -> ov.Output:
    """Return the logarithm of what is 0 at least."""
    from openvino import opset13 as op

    tiny = np.float32(1e-30)
    return op.log(op.add(op.maximum(x, np.float32(0)), tiny)).output(0)


def _packed(model: ov.Model) -> Packed:
    """Return a graph as arrays of bytes."""
    import openvino as ov

    with tempfile.TemporaryDirectory(prefix="pellucid-ir-") as folder:
        xml = Path(folder) / "model.xml"
        ov.serialize(model, str(xml))
        files = {"xml": xml, "bin": xml.with_suffix(".bin")}
        return {name: np.frombuffer(file.read_bytes(), np.uint8) for name, file in files.items()}


def unpacked(held: Packed, where: str) -> ov.Model:
    """Return the graph that arrays of bytes hold, checked as a stranger's.

    Raises
    ------
    ModelFileError
        If it does not hold together.
    """
    import openvino as ov

    from core.models.reading.openvino_ir import check_text

    text = held["xml"].tobytes()
    check_text(text, held["bin"].nbytes, where)
    return ov.Core().read_model(text, ov.Tensor(np.ascontiguousarray(held["bin"])))


def open_own_forward(path: Path, layers: Sequence[str], n_classes: int) -> FileForward:
    """Open the file of a run.

    Raises
    ------
    WeightsError
        If it cannot be read, or has other outputs.
    """
    from safetensors.numpy import load_file

    from core.models.file_forward import LOGITS, FileForward

    try:
        held = load_file(path)
        model = unpacked({name: held[name] for name in ("xml", "bin")}, path.name)
    except (ModelFileError, RuntimeError, KeyError) as error:
        raise WeightsError(f"{path.name} does not hold a graph: import the model again.") from error
    shapes = [tuple(output.shape) for output in model.outputs]
    if len(shapes) != 1 + len(layers) or shapes[0] != (1, n_classes):
        raise WeightsError(
            f"{path.name} has the outputs {shapes}; expected logits (1, {n_classes}) and "
            f"{len(layers)} feature layers; class names that a user gives must be as many as the "
            "logits."
        )
    return FileForward.of(model, [LOGITS, *layers])
