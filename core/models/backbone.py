"""A model up to what enters its last dense layer: the features that a new head is trained on."""

from __future__ import annotations

from core.contracts import Array, ModelRef, content_key
from core.errors import CapabilityError
from core.models import zoo
from core.models.assembly import build
from core.models.device import gpu_in_use
from core.models.fingerprint import versions
from core.models.forward import TOLERANCE, Forward, export, read_export
from core.models.labels import class_names
from core.models.network import Network
from core.models.tensorflow import keras
from core.settings import settings
from core.store import Store

__all__ = ["Backbone", "head_of"]

_EXPORT_AT = 400
"""As of whole models: from so many passes on, the export pays for itself."""


def head_of(model: keras.Model) -> keras.layers.Dense:
    """Return the dense layer that makes the logits.

    Raises
    ------
    CapabilityError
        If the model ends in something else.
    """
    last = model.layers[-1]
    if not isinstance(last, keras.layers.Dense) or len(last.input.shape) != 2:
        raise CapabilityError(
            f"{model.name} ends in {type(last).__name__}; a head can replace a Dense layer on "
            "pooled features only."
        )
    return last


class Backbone:
    """Forward passes of a model without its head, on the runtime of whole models.

    Parameters
    ----------
    ref : ModelRef
    weights_sha256 : str
        What names the weights of ``ref``.
    store : Store
        Keeps the export.
    seed : int
        Seed of random weights.
    """

    def __init__(self, ref: ModelRef, weights_sha256: str, *, store: Store, seed: int = 0) -> None:
        self.spec = zoo.get(ref.id)
        self.weights_sha256 = weights_sha256
        model = build(self.spec, ref, len(class_names(ref).labels), seed=seed, store=store)
        self._network = Network(keras.Model(model.input, head_of(model).input, name="trunk"))
        self._store = store
        self._forward: Forward | None = None

    @property
    def width(self) -> int:
        """Number of features."""
        return int(self._network.model.output.shape[-1])

    def prepare(self, n_passes: int) -> None:
        """Say how many passes follow, so that an export can pay for itself."""
        fits = settings().forward != "tensorflow" and not gpu_in_use()
        if self._forward is None and fits and n_passes >= _EXPORT_AT:
            artefact, _ = self._store.get_or_compute(
                self._export_key, lambda: export(self._network, ())
            )
            if artefact.document["difference"] <= TOLERANCE:
                self._forward = read_export(artefact)

    def run(self, batch: Array) -> Array:
        """Return float32 ``(N, width)`` of pictures ``(N, H, W, 3)`` in [0, 1]."""
        if self._forward is not None:
            return self._forward.run(batch, ("logits",))[0]
        return self._network.logits(batch)

    @property
    def _export_key(self) -> str:
        return content_key(
            {
                "kind": "trunk",
                "model": self.spec.id,
                "weights": self.weights_sha256,
                "versions": versions(),
            }
        )
