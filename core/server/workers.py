"""The dashboard's workers: started once a process, warmed up, asked where they run."""

from __future__ import annotations

import logging
from threading import Thread

from core.engine.base import Engine
from core.errors import PellucidError
from core.models.zoo import DEFAULT_MODEL

__all__ = ["Workers"]

log = logging.getLogger(__name__)


class Workers:
    """An engine with its default model loading, and its device in words.

    Parameters
    ----------
    engine : Engine
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.device: str | None = None
        engine.warm_up("interactive", "core.models.worker:warm_up", DEFAULT_MODEL)
        Thread(target=self._ask, name="pellucid-device", daemon=True).start()

    def _ask(self) -> None:
        try:
            self.device = self.engine.call("interactive", "core.models.worker:describe")
        except (PellucidError, TimeoutError) as error:
            log.warning("The workers did not tell their device: %s", error)
