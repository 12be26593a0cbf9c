"""A Dask engine's connection: opened in the background, closed once."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from core.engine.cluster import Cluster
from core.errors import PellucidError, WorkerLostError

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["DISCONNECTED", "Disconnected", "Report", "Session"]

log = logging.getLogger(__name__)

DISCONNECTED = "The connection to the workers was lost. Please try again."
Report = tuple[float, dict[str, Any]]


class Disconnected(WorkerLostError):
    """The scheduler is gone, and with it what it was told."""


class Session:
    """A cluster and the client that is connected to it.

    Parameters
    ----------
    cluster : Cluster
    on_report : callable
        Receives what runs report, on the client's event loop.
    on_cluster_event : callable
        Receives what the scheduler reports, on the client's event loop.
    """

    def __init__(
        self,
        cluster: Cluster,
        *,
        on_report: Callable[[Report], None],
        on_cluster_event: Callable[[Report], None],
    ) -> None:
        self.cluster = cluster
        self.ready: Future[Client] = Future()
        self._on_report = on_report
        self._on_cluster_event = on_cluster_event
        self._closed = False
        threading.Thread(target=self._connect, name="pellucid-connect", daemon=True).start()

    def alive(self) -> bool:
        """Tell whether it is connecting or connected."""
        if not self.ready.done():
            return True
        if self.ready.exception() is not None or not self.cluster.alive():
            return False
        return bool(self.ready.result().status != "closed")

    def client(self) -> Client:
        """Return the connected client or raise why there is none."""
        client = self.ready.result()
        if not self.alive():
            raise Disconnected(DISCONNECTED)
        return client

    def close(self) -> None:
        """Close the client and stop the cluster if it is ours."""
        self._closed = True
        if self.ready.done() and self.ready.exception() is None:
            client = self.ready.result()
            with suppress(Exception):  # a client whose scheduler is gone may say anything
                client.unsubscribe_topic("all")  # or it would be told of its own leaving
                client.close(timeout=2)
        self.cluster.close()

    def _connect(self) -> None:
        try:
            client = self.cluster.connect()
        except Exception as error:
            if not isinstance(error, PellucidError):
                if not self._closed:
                    log.exception("Connecting to the workers failed")
                error = WorkerLostError("The workers did not start; the server's log says why.")
            self.ready.set_exception(error)
            return
        from core.engine.remote import TOPIC

        client.subscribe_topic(TOPIC, self._on_report)
        client.subscribe_topic("all", self._on_cluster_event)
        self.ready.set_result(client)
        if self._closed:
            self.close()
