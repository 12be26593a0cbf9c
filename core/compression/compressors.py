"""The forms of compression: their declarations, and one verb, ``make``. One class and a line each.

Declarations are free of TensorFlow; a form imports what computes inside ``make``. What pruned and
quantised networks lose without their accuracy showing it: Hooker et al. 2019 (arXiv:1911.05248).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Literal

from core.contracts import CompressionCard, CompressionForm
from core.declared import card_of
from core.parameters import Parameter, Value
from core.registry import Registry

if TYPE_CHECKING:
    from core.compression.task import Compressed, Task

__all__ = ["COMPRESSORS", "Compressor"]


class Compressor(ABC):
    """A form of compression. Subclasses declare the class variables and implement ``make``.

    Attributes
    ----------
    format : {"float32", "float16", "int8"}
        What the weights are stored in.
    gradients : bool
        Whether its models keep them.
    parameters : tuple of Parameter
    """

    id: ClassVar[CompressionForm]
    name: ClassVar[str]
    summary: ClassVar[str]
    limits: ClassVar[str]
    paper: ClassVar[str]
    format: ClassVar[Literal["float32", "float16", "int8"]]
    gradients: ClassVar[bool] = False
    parameters: ClassVar[tuple[Parameter, ...]] = ()

    @abstractmethod
    def make(self, task: Task) -> Compressed:
        """Write the smaller model into the task's folder and return its passes.

        Raises
        ------
        CapabilityError
            If the model has an operation that the form cannot express.
        Cancelled
            Between steps.
        """

    @classmethod
    def words(cls, parameters: Mapping[str, Value]) -> str:
        """Return the form with its parameters in a word or two, for a model's name."""
        del parameters
        return cls.name

    @classmethod
    def card(cls) -> CompressionCard:
        """Return what users see."""
        return card_of(cls, CompressionCard)


class _LiteRT(Compressor):
    """A LiteRT file; see :mod:`core.compression.litert`."""

    def make(self, task: Task) -> Compressed:
        """Convert, write, and open the file again as pages will."""
        from core.compression.litert import make_litert

        return make_litert(task, "int8" if self.id == "int8" else "float16")


class Float16(_LiteRT):
    """Weights in half precision."""

    id = "float16"
    name = "float16"
    summary = "Weights stored in half precision: half the bytes, the same answers to three digits."
    limits = (
        "Processors compute it in float32, so it is no quicker there; phones and GPUs may be. It "
        "has forward passes only: gradients are its twin's."
    )
    paper = "Micikevicius et al. 2017, Mixed Precision Training, arXiv:1710.03740"
    format = "float16"


class Int8(_LiteRT):
    """Weights and activations in eight bits."""

    id = "int8"
    name = "int8"
    summary = "Weights and activations in eight bits, ranges from calibration pictures: a quarter."
    limits = (
        "Logits come in 256 steps, and what leaves the calibrated range is cut off. Quicker only "
        "where the processor adds int8 exactly (VNNI, AMX). Forward passes only: gradients are its "
        "twin's."
    )
    paper = "Jacob et al. 2017, Quantization and Training of Neural Networks, arXiv:1712.05877"
    format = "int8"


class Pruned(Compressor):
    """The smallest weights set to 0."""

    id = "pruned"
    name = "pruned"
    summary = "The smallest weights of all layers become 0; what is left learns from the twin."
    limits = (
        "Zeros at any place save bytes when the file is packed, not time: processors multiply by "
        "them all the same. With fewer than 500 training pictures nothing is learnt afterwards."
    )
    paper = "Han et al. 2015, Learning both Weights and Connections, arXiv:1506.02626"
    format = "float32"
    gradients = True
    parameters = (
        Parameter("sparsity", "float", 0.7, "Share of the kernels' weights that become 0",
                  low=0.05, high=0.99, step=0.05),
    )  # fmt: skip

    @classmethod
    def words(cls, parameters: Mapping[str, Value]) -> str:
        """Return how much is pruned."""
        return f"{float(parameters['sparsity']):.0%} pruned"

    def make(self, task: Task) -> Compressed:
        """Prune, take statistics anew, learn from the twin where there are pictures enough."""
        from core.compression.prune import make_pruned

        return make_pruned(task)


COMPRESSORS: Registry[type[Compressor]] = Registry("form of compression", (Float16, Int8, Pruned))
