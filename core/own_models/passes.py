"""The passes of a model that is none of the zoo yet, as methods ask for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.contracts import Array
from core.errors import CapabilityError
from core.models.file_forward import LOGITS, FileForward

if TYPE_CHECKING:
    from core.models.network import Network
    from core.targets.passes import AttentionPass

__all__ = ["FilePasses", "NetworkPasses"]


class NetworkPasses:
    """Of a network with gradients.

    Parameters
    ----------
    network : Network
    layer : str
        The default feature layer.
    """

    def __init__(self, network: Network, layer: str) -> None:
        self._network, self._layer = network, layer
        self.logits = network.logits
        self.gradient = network.gradient
        self.guided_gradient = network.guided_gradient
        self.attention = network.attention

    def features(self, batch: Array, layer: str | None = None) -> tuple[Array, Array]:
        """Return logits and the layer's output."""
        return self._network.features(batch, layer or self._layer)

    def features_and_gradients(
        self, batch: Array, directions: Array, layer: str | None = None
    ) -> tuple[Array, Array, Array]:
        """Return logits, features, and gradients with respect to the features."""
        logits, features = self.features(batch, layer)
        own = self.own_tokens(batch, layer)
        gradients = self._network.head_gradient(features, directions, layer or self._layer, own)
        return logits, features, gradients

    def own_tokens(self, batch: Array, layer: str | None = None) -> Array:
        """Return the tokens before a layer's grid."""
        return self._network.own_tokens(batch, layer or self._layer)

    def head_logits(
        self, features: Array, layer: str | None = None, own: Array | None = None
    ) -> Array:
        """Return logits from a layer's output."""
        return self._network.head_logits(features, layer or self._layer, own)

    def prepare(self, n_passes: int) -> None:
        """There is nothing to prepare."""


class FilePasses:
    """Of a graph that runs forwards alone.

    Parameters
    ----------
    forward : FileForward
    layer : str
        The default feature layer.
    """

    def __init__(self, forward: FileForward, layer: str) -> None:
        self._forward, self._layer = forward, layer

    def logits(self, batch: Array) -> Array:
        """Return logits."""
        return self._forward.run(batch, (LOGITS,))[0]

    def gradient(self, batch: Array, directions: Array) -> tuple[Array, Array]:
        """Refuse: there are none."""
        raise CapabilityError("This model has forward passes alone, and no gradients.")

    def guided_gradient(self, batch: Array, directions: Array) -> tuple[Array, Array]:
        """Refuse: there are none."""
        return self.gradient(batch, directions)

    def features(self, batch: Array, layer: str | None = None) -> tuple[Array, Array]:
        """Return logits and the layer's output."""
        logits, features = self._forward.run(batch, (LOGITS, layer or self._layer))
        return logits, features

    def features_and_gradients(
        self, batch: Array, directions: Array, layer: str | None = None
    ) -> tuple[Array, Array, Array]:
        """Refuse: there are none."""
        logits, gradients = self.gradient(batch, directions)
        return logits, gradients, gradients

    def own_tokens(self, batch: Array, layer: str | None = None) -> Array:
        """Return the tokens before a layer's grid."""
        return self._forward.own_tokens(batch, layer or self._layer)

    def head_logits(
        self, features: Array, layer: str | None = None, own: Array | None = None
    ) -> Array:
        """Return logits from a layer's output."""
        return self._forward.head(features, layer or self._layer, own)

    def attention(self, batch: Array, directions: Array | None = None) -> AttentionPass:
        """Refuse: it cannot be read."""
        raise CapabilityError("This model runs forwards alone: its attention cannot be read.")

    def prepare(self, n_passes: int) -> None:
        """There is nothing to prepare."""
