"""A model's export to OpenVINO: when it is made, kept in the store, and used for forward passes."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Thread
from typing import TYPE_CHECKING

from core.contracts import Artefact, content_key
from core.models.device import gpu_in_use
from core.models.fingerprint import versions
from core.models.spec import ModelSpec
from core.process import is_long_lived
from core.settings import settings
from core.store import Store

if TYPE_CHECKING:
    from core.models.forward import Forward
    from core.models.network import Network

__all__ = ["Export"]

_log = logging.getLogger(__name__)
_FORMAT = 2
"""Of what the store holds; 2: with the matrices behind feature layers."""
_EXPORT_AT = 400
"""Forward passes at which waiting for an export (2 to 10 s, once a model) pays for itself."""


class Export:
    """The export of one model, read once.

    Parameters
    ----------
    named : callable
        Returns what names the model's weights and function.
    network : callable
        Returns the TensorFlow side, which is built where the store holds no export.
    allowed : bool
        Whether this model's weights last long enough to be exported.

    Attributes
    ----------
    forward : Forward or None
        The passes on OpenVINO, once they are in use.
    """

    def __init__(
        self, spec: ModelSpec, n_classes: int, *, named: Callable[[], str],
        network: Callable[[], Network], store: Store, allowed: bool = True,
    ) -> None:  # fmt: skip
        self.forward: Forward | None = None
        self._spec, self._n_classes = spec, n_classes
        self._named, self._network, self._store = named, network, store
        self._allowed = allowed
        self._under_way = False

    def ready(self, n_passes: int) -> Forward | None:
        """Return the passes if the export is stored, or pays for itself in ``n_passes``."""
        if self.forward is None and self._may():
            stored = self._store.contains(self._key)
            if stored or n_passes >= _EXPORT_AT:
                self.load()
        return self.forward

    def whatever_device(self) -> Forward:
        """Return the passes on the processor, even where they are not the ones in use."""
        from core.models.forward import read_export

        return self.forward or read_export(self._made())

    def load(self) -> None:
        """Use the export from now on, unless its answers differ."""
        from core.models.forward import TOLERANCE, read_export

        artefact = self._made()
        difference = artefact.document["difference"]
        if difference > TOLERANCE:
            _log.warning(
                "OpenVINO's logits of %s differ by %.2g: TensorFlow stays in use.",
                self._spec.id,
                difference,
            )
            self._allowed = False
            return
        self.forward = read_export(artefact)

    def later(self) -> None:
        """Load it in a thread, where this process stays long enough to use it."""
        if not is_long_lived() or self._under_way or self.forward or not self._may():
            return
        self._under_way = True
        Thread(target=self.load, name="pellucid-export", daemon=True).start()

    def _may(self) -> bool:
        if not self._allowed or settings().forward == "tensorflow":
            return False
        return settings().device != "gpu" and not gpu_in_use()

    @property
    def _key(self) -> str:
        return content_key({
            "kind": "openvino", "format": _FORMAT, "model": self._spec.id, "weights": self._named(),
            "classes": self._n_classes, "layers": list(self._spec.layers), "versions": versions(),
        })  # fmt: skip

    def _made(self) -> Artefact:
        from core.models.forward import export

        artefact, _ = self._store.get_or_compute(
            self._key, lambda: export(self._network(), self._spec.layers)
        )
        return artefact
