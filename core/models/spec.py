"""What the house must know about a model before building it. Nothing here loads TensorFlow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from core.contracts import DEFAULT_MODALITY, Array, ModelCard, Origin, Outputs
from core.declared import card_of
from core.errors import CapabilityError
from core.modalities import registry as modalities
from core.modalities.capabilities import Offer

__all__ = ["Affine", "Builder", "ModelSpec", "offered"]

Builder = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Affine:
    """Preprocessing inside the model: ``y = (255·x − mean) / scale`` on [0, 1] pixels.

    ``order`` is the order of the channels that ``mean`` and ``scale`` speak of, and that the
    architecture was trained on. One number stands for every channel.
    """

    mean: tuple[float, ...] = (0.0, 0.0, 0.0)
    scale: tuple[float, ...] = (255.0, 255.0, 255.0)
    order: Literal["rgb", "bgr"] = "rgb"

    def of(self, channels: int) -> Affine:
        """Return the same for inputs of ``channels``.

        Raises
        ------
        CapabilityError
            If it speaks of another number of channels, and says something else of each.
        """
        named = [
            each[:1] * channels if len(set(each)) == 1 else each for each in (self.mean, self.scale)
        ]
        if any(len(each) != channels for each in named):
            raise CapabilityError(
                f"The preprocessing speaks of {max(map(len, named))} channels, but the input has "
                f"{channels}: give mean and scale for each, or one number for all."
            )
        if self.order == "bgr" and channels != 3:
            raise CapabilityError(f"The order BGR is one of 3 channels. The input has {channels}.")
        return Affine(named[0], named[1], self.order)

    @property
    def zero(self) -> Array:
        """The pixel that it maps to 0, float32 ``(C,)``, RGB in [0, 1].

        >>> Affine((127.5, 127.5, 127.5), (127.5, 127.5, 127.5)).zero
        array([0.5, 0.5, 0.5], dtype=float32)
        """
        mean = np.asarray(self.mean, np.float32) / np.float32(255)
        return np.clip(mean[::-1] if self.order == "bgr" else mean, 0.0, 1.0)

    @property
    def words(self) -> str:
        """The formula for people."""
        mean = ", ".join(f"{m:g}" for m in self.mean)
        scale = ", ".join(f"{s:g}" for s in self.scale)
        return f"({self.order.upper()}·255 − [{mean}]) / [{scale}], inside the model"


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """Everything the house must know about a model before building it.

    Parameters
    ----------
    id, name : str
        Identifier and name for people.
    builder : str or callable
        ``"module:function"`` or a function, called as ``builder(inputs, n_classes)`` with the
        preprocessed Keras tensor; returns the ``keras.Model`` from picture to logits.
    input_size : int or tuple of int
        Side of a square input of three channels; or the whole shape, channels last.
    preprocessing : Affine
        Applied inside the model.
    feature_layer : str
        Layer whose output CAMs read: a layer's name, ``"name:input"`` for what enters it, or
        ``"name:tokens"`` for the tokens ``(h·w, C)`` that leave it, as a grid.
    layers : tuple of str
        All the layers a user may choose for CAMs, shallow to deep.
    n_classes : int
        Number of logits of the pretrained weights.
    n_parameters : int
        Number of weights, the head included.
    weights_file : str
        File that holds the pretrained weights, as Keras or the package names it; ``""`` if none.
    offline : bool
        Whether the pretrained weights come with an installed package.
    gradients, features, attention : bool
        Capabilities: methods that need them offer themselves accordingly. Attention is that of all
        tokens of a picture to each other, layer after layer (:mod:`core.models.attention`).
    labels : {"imagenet", "numbered"} or tuple of str
        Where class names come from when the user gives none, or the names themselves.
    weights_path : str
        The weights' own file, in place of ``weights_file``: a trained run's.
    weights_digest : str
        SHA-256 that this file must have; ``""`` if none is known.
    runtime : str
        What the weights' file is: ``"keras"``, weights for the architecture, or an entry of
        :mod:`core.models.runtimes`: a file that holds the whole graph, has forward passes alone,
        and is run by OpenVINO.
    origin : {"zoo", "shipped", "run", "compressed", "imported"}
        Where it comes from.
    trained_on, twin : str
        Of trained models the dataset, of those that were brought the labelled pictures that came
        along; and the float32 model that a compressed one was made of.
    registration : int
        Which registration of this process it, or its architecture, joined by: one that replaces
        another is another spec, whatever else is equal. 0 for what comes with Pellucid.
    modality : str
        What kind of input it takes: an id of :mod:`core.modalities.registry`.
    outputs : {"logits", "probabilities", "sigmoid", "binary", "values"}
        What the builder's network ends in. Of probabilities (a softmax) and sigmoids the logits
        are traced in its graph, and the end is taken off (:mod:`core.models.outputs`).
        ``"sigmoid"``: each class is a yes or no of its own; ``"binary"``: one sigmoid for two
        classes, whose logits are minus and plus half of what enters it; ``"values"``: a regression,
        no classes.
    """

    id: str
    name: str
    builder: str | Builder
    input_size: int | tuple[int, ...]
    preprocessing: Affine
    feature_layer: str
    layers: tuple[str, ...]
    n_parameters: int
    paper: str
    licence: str
    summary: str
    n_classes: int = 1000
    weights_file: str = ""
    offline: bool = False
    gradients: bool = True
    features: bool = True
    attention: bool = False
    labels: Literal["imagenet", "numbered"] | tuple[str, ...] = "imagenet"
    weights_path: str = ""
    weights_digest: str = ""
    runtime: str = "keras"
    origin: Origin = "zoo"
    trained_on: str = ""
    twin: str = ""
    registration: int = 0
    modality: str = DEFAULT_MODALITY
    outputs: Outputs = "logits"

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one input ``(*sites, C)``."""
        size = self.input_size
        return (size, size, 3) if isinstance(size, int) else size

    @property
    def side(self) -> int:
        """Side of its square input of three channels, for whatever speaks of nothing else.

        Raises
        ------
        CapabilityError
            If it takes another shape.
        """
        height, *rest = self.input_shape
        if rest != [height, 3]:
            raise CapabilityError(
                f"This takes models of square pictures in colour. {self.id} takes {self.size_text}."
            )
        return height

    @property
    def size_text(self) -> str:
        """The input's shape for people: ``224 px``, or ``96 × 128 × 1``."""
        size = self.input_size
        return f"{size} px" if isinstance(size, int) else " × ".join(map(str, size))

    @property
    def zero(self) -> Array:
        """The site that preprocessing maps to 0, float32 ``(C,)``, as inputs have it."""
        return self.preprocessing.of(self.input_shape[-1]).zero

    @property
    def joined(self) -> bool:
        """Whether its code is not Pellucid's own, so that its function has to be looked at."""
        return self.registration > 0

    @property
    def declared(self) -> dict[str, Any]:
        """What it adds to the graph: how pixels are prepared, what maps read, class names."""
        outputs = {} if self.outputs == "logits" else {"outputs": self.outputs}
        return outputs | {
            "preprocessing": asdict(self.preprocessing),
            "layers": list(self.layers),
            "feature_layer": self.feature_layer,
            "gradients": self.gradients,
            "features": self.features,
            "labels": self.labels if isinstance(self.labels, str) else list(self.labels),
        }

    @property
    def without_gradients(self) -> str:
        """The words that say so, and whose gradients can be borrowed."""
        return self.offer.why["gradient"]

    @property
    def offer(self) -> Offer:
        """What methods, metrics, attacks and targets may need of it."""
        return offered(self)

    def card(self) -> ModelCard:
        """Return what users see."""
        return card_of(
            self, ModelCard, classes=self.n_classes, parameters=self.n_parameters,
            preprocessing=self.preprocessing.words,
        )  # fmt: skip


def offered(model: ModelSpec | ModelCard) -> Offer:
    """Return what a model, its outputs and its kind of input offer, and why it lacks the rest."""
    has = {"gradient", "network"} if model.gradients else set()
    has |= {"layer"} if model.features else set()
    has |= {"attention"} if model.attention else set()
    has |= {_OFFERED[model.outputs]} | modalities.get(model.modality).offers
    has |= {"one_class"} if "classes" in has else set()
    twin = f"; {model.twin}, which it was made of, has them" if model.twin else ""
    forward = f"{model.id} has none (forward passes only{twin})"
    why = dict.fromkeys(("gradient", "network"), forward)
    why["attention"] = (
        f"{model.id} has none over one grid of tokens"
        if model.gradients
        else f"{model.id} runs forwards alone, and its attention cannot be read"
    )
    why |= dict.fromkeys(("classes", "labels", "values"), f"{model.id} {_GIVES[model.outputs]}")
    return Offer(frozenset(has), model.id, why)


_OFFERED: dict[Outputs, str] = {
    "logits": "classes", "probabilities": "classes", "binary": "classes",
    "sigmoid": "labels", "values": "values",
}  # fmt: skip
_GIVES: dict[Outputs, str] = {
    "logits": "chooses one of its classes",
    "probabilities": "chooses one of its classes",
    "binary": "chooses one of two classes",
    "sigmoid": "says yes or no to each of its classes",
    "values": "gives values (a regression)",
}
