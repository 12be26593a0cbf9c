"""The passes everybody uses: one model, the fastest exact runtime for each kind of pass.

Forward-only passes run on OpenVINO once its export is in the store; until then, and for
gradients, on TensorFlow. TensorFlow is imported when the first pass needs it: a prediction with a
stored export never does. Some models are a file that holds the whole graph, and nothing else
(:mod:`core.models.runtimes`).
"""

from __future__ import annotations

from collections import OrderedDict
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from core.contracts import (
    Array,
    CompressRequest,
    InputRequest,
    ModelRef,
    ModelRequest,
    content_key,
)
from core.errors import CapabilityError, InputError, UnknownNameError
from core.modalities import registry as modalities
from core.modalities.base import Modality
from core.modalities.capabilities import require
from core.models import zoo
from core.models.device import describe_cpu, describe_device
from core.models.exporting import Export
from core.models.fingerprint import verified_file, weights_sha256
from core.models.labels import class_names
from core.models.runtimes import FILE_RUNTIMES
from core.models.zoo import ModelSpec
from core.store import Store
from core.targets.passes import AttentionPass
from core.workspace import open_store

if TYPE_CHECKING:
    from core.models.file_forward import FileForward
    from core.models.forward import Forward
    from core.models.linear_head import LinearHead
    from core.models.network import Network

__all__ = ["Runtime", "describe_device", "identify", "runtime", "runtime_of"]

_KEEP = 2


class Runtime:
    """One model with its weights, ready to run.

    Parameters
    ----------
    ref : ModelRef
    store : Store
        Keeps converted weights and exports.
    seed : int
        Seed of random weights.
    exported : bool
        Whether forward passes may move to an export of these weights.
    """

    def __init__(
        self, ref: ModelRef, *, store: Store, seed: int = 0, exported: bool = True
    ) -> None:
        self.ref = ref
        self.spec = zoo.get(ref.id)
        self.classes = class_names(ref)
        self.n_classes = len(self.classes.labels)
        self._store = store
        self._seed = seed
        self._lock = Lock()
        self._network: Network | None = None
        self._of_file = FILE_RUNTIMES.get(self.spec.runtime)
        self._file: FileForward | None = None
        self._export = Export(
            self.spec, self.n_classes, named=lambda: self.weights_sha256, network=self.network,
            store=store, allowed=exported,
        )  # fmt: skip

    @property
    def modality(self) -> Modality:
        """What kind of input it takes."""
        return modalities.get(self.spec.modality)

    @cached_property
    def weights_sha256(self) -> str:
        """What names the weights and, if the code is not Pellucid's own, the function."""
        known = weights_sha256(self.ref, seed=self._seed)
        if not self.spec.joined:
            return known
        known = content_key({"weights": known, "declared": self.spec.declared})
        if self._of_file:  # the file holds the graph
            return known
        from core.models.identity import identity

        drawn = self.ref.weights == "random"
        return identity(self.network(), self.spec, known=known, drawn=drawn, store=self._store)

    def network(self) -> Network:
        """Return the TensorFlow side, built at the first call.

        Raises
        ------
        CapabilityError
            If the model is a file with forward passes alone: it has none.
        """
        if self._of_file:
            raise CapabilityError(self._of_file.no_network(self.spec))
        with self._lock:
            if self._network is None:
                from core.models.assembly import build
                from core.models.network import Network, configure_devices

                configure_devices()
                spec, seed = self.spec, self._seed
                model = build(spec, self.ref, self.n_classes, seed=seed, store=self._store)
                self._network = Network(model, keep=self.spec.layers)
            return self._network

    # ---- passes

    def logits(self, batch: Array) -> Array:
        """Return logits float32 ``(N, n_classes)`` of pictures ``(N, H, W, 3)`` in [0, 1]."""
        self._check(batch)
        forward = self._forward_runtime(len(batch))
        if forward is not None:
            return forward.run(batch, ("logits",))[0]
        logits = self.network().logits(batch)
        self._export.later()
        return logits

    def gradient(self, batch: Array, directions: Array) -> tuple[Array, Array]:
        """Return logits and the gradient of ``directions · logits`` with respect to the pixels.

        Parameters
        ----------
        batch : ndarray of float32, shape (N, H, W, 3)
            Pixels in [0, 1].
        directions : ndarray of float32, shape (N, n_classes)
            One-hot for a class; +1 and −1 for the contrast of two.

        Returns
        -------
        logits : ndarray, shape (N, n_classes)
        gradients : ndarray, shape (N, H, W, 3)
        """
        self._check(batch)
        self._need(gradients=True)
        result = self.network().gradient(batch, directions)
        self._export.later()
        return result

    def guided_gradient(self, batch: Array, directions: Array) -> tuple[Array, Array]:
        """Return logits and gradients of a model whose ReLUs pass only positive gradients.

        Raises
        ------
        CapabilityError
            If the model has no ReLU, or layers that cannot be copied.
        """
        self._check(batch)
        self._need(gradients=True)
        return self.network().guided_gradient(batch, directions)

    def features(self, batch: Array, layer: str | None = None) -> tuple[Array, Array]:
        """Return logits and the feature layer's output ``(N, h, w, K)``."""
        self._check(batch)
        self._need(features=True)
        name = self.layer(layer)
        forward = self._forward_runtime(len(batch)) if name in self.spec.layers else None
        if forward is not None:
            logits, features = forward.run(batch, ("logits", name))
            return logits, features
        result = self.network().features(batch, name)
        self._export.later()
        return result

    def features_and_gradients(
        self, batch: Array, directions: Array, layer: str | None = None
    ) -> tuple[Array, Array, Array]:
        """Return logits, features and d(directions · logits)/d(features).

        The backward pass covers only what lies behind the layer.
        """
        self._need(gradients=True)
        logits, features = self.features(batch, layer)
        if linear := self.linear_head(layer):
            return logits, features, linear.gradient(features, directions)
        behind = (self.layer(layer), self.own_tokens(batch, layer))
        return logits, features, self.network().head_gradient(features, directions, *behind)

    def own_tokens(self, batch: Array, layer: str | None = None) -> Array:
        """Return the tokens ``(N, n, K)`` that stand before a layer's grid; n is 0 without."""
        self._need(features=True)
        if file := self._file_passes():
            return file.own_tokens(batch, self.layer(layer))
        if self.linear_head(layer):
            return np.zeros((len(batch), 0, 0), np.float32)
        return self.network().own_tokens(batch, self.layer(layer))

    def head_logits(
        self, features: Array, layer: str | None = None, own: Array | None = None
    ) -> Array:
        """Return logits from a layer's output ``(N, h, w, K)``: the pass behind it alone.

        ``own`` is what :meth:`own_tokens` returns, for a layer with tokens before its grid.
        """
        self._need(features=True)
        if file := self._file_passes():
            return file.head(features, self.layer(layer), own)
        if linear := self.linear_head(layer):
            return linear.logits(features)
        return self.network().head_logits(features, self.layer(layer), own)

    def attention(self, batch: Array, directions: Array | None = None) -> AttentionPass:
        """Return the attention between a picture's tokens; with directions, its gradients too."""
        self._check(batch)
        require("This", frozenset({"attention"}), self.spec.offer)
        return self.network().attention(batch, directions)

    def layer(self, name: str | None) -> str:
        """Return ``name``, or the declared feature layer; check that the model offers it.

        Raises
        ------
        UnknownNameError
            If the model's list has no such layer.
        """
        if name is None:
            return self.spec.feature_layer
        if name not in self.spec.layers:
            raise UnknownNameError(
                f"{self.spec.id} offers no layer {name!r} for maps. "
                f"Choose one of {', '.join(self.spec.layers)}."
            )
        return name

    # ---- which runtime

    @property
    def device(self) -> str:
        """Where forward passes run now, in words."""
        if file := self._file_passes():
            return describe_cpu(file.arithmetic)
        return describe_device(openvino=self._export.forward is not None)

    def provenance(self, request: ModelRequest) -> dict[str, Any]:
        """Return the fields that every result carries: what was asked, of what, run where."""
        fields: dict[str, Any] = {
            "key": request.key,
            "model": request.model.id,
            "weights_sha256": self.weights_sha256,
            "device": self.device,
            "versions": request.versions,
        }
        if isinstance(request, InputRequest):
            fields["seen"] = request.input.seen()
        return fields

    def prepare(self, n_passes: int) -> None:
        """Say that ``n_passes`` forward passes follow, so that an export can pay for itself."""
        self._forward_runtime(n_passes)

    def _check(self, batch: Array) -> None:
        shape = self.spec.input_shape
        if batch.shape[1:] != shape or batch.dtype != np.float32:
            expected = ", ".join(["N", *map(str, shape)])
            raise CapabilityError(
                f"{self.spec.id} expects float32 ({expected}). "
                f"Received {batch.dtype} {batch.shape}."
            )

    def _need(self, *, gradients: bool = False, features: bool = False) -> None:
        if gradients:
            require("This", frozenset({"gradient"}), self.spec.offer)
        if features and not self.spec.features:
            raise CapabilityError(f"{self.spec.id} has no convolutional feature layer.")

    def _file_passes(self) -> FileForward | None:
        """Return the passes of a file that holds the whole graph; ``None`` for other models."""
        if self._of_file is None:
            return None
        with self._lock:
            if self._file is None:
                path = verified_file(self.spec, self.ref)
                self._file = self._of_file.open(path, self.spec.layers, self.n_classes)
            return self._file

    def _forward_runtime(self, n_passes: int) -> Forward | None:
        return self._file_passes() or self._export.ready(n_passes)

    def linear_head(self, layer: str | None) -> LinearHead | None:
        """Return the matrix behind a layer, where the export in use knows that it is one."""
        forward = None if self._of_file else self._export.ready(1)
        return None if forward is None else forward.linear_heads.get(self.layer(layer))

    def exported(self) -> Forward:
        """Return the passes on OpenVINO, on the processor, whatever else the device is."""
        return self._file_passes() or self._export.whatever_device()


_Key = tuple[ModelRef, ModelSpec, str, int]
_runtimes: OrderedDict[_Key, Runtime] = OrderedDict()
_runtimes_lock = Lock()


def runtime(ref: ModelRef, *, seed: int = 0) -> Runtime:
    """Return the runtime of ``ref``; the two used last stay loaded."""
    # Random weights depend on the seed; all others do not, and share one runtime.
    drawn = seed if ref.weights == "random" else 0
    key = (ref, zoo.get(ref.id), weights_sha256(ref, seed=drawn), drawn)
    with _runtimes_lock:
        if key not in _runtimes:
            _runtimes[key] = Runtime(ref, store=open_store(), seed=drawn)
            while len(_runtimes) > _KEEP:
                _runtimes.popitem(last=False)
        _runtimes.move_to_end(key)
        return _runtimes[key]


def runtime_of(request: ModelRequest | CompressRequest) -> Runtime:
    """Return the runtime of the model that ``request`` was made for.

    Raises
    ------
    InputError
        If it is another by now: the answer would be kept under a name that is not its own.
    """
    found = runtime(request.model, seed=request.seed)
    if found.weights_sha256 != request.weights_sha256:
        raise InputError(
            f"The weights or the code of {request.model.id} have changed since this was asked, or "
            "the workers still hold the old code. Ask again; if that does not help, restart."
        )
    return found


def identify(ref: ModelRef, *, seed: int = 0) -> str:
    """Return what names ``ref`` in results and keys; a model that joined is built for it."""
    drawn = seed if ref.weights == "random" else 0
    if zoo.get(ref.id).joined:
        return runtime(ref, seed=drawn).weights_sha256
    return weights_sha256(ref, seed=drawn)
