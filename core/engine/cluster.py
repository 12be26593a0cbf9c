"""Where a Dask engine's workers come from: this machine, or a cluster with an address."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from core.contracts import Lane
from core.errors import InputError, WorkerLostError
from core.settings import Settings

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["Cluster", "LocalCluster", "RemoteCluster"]

CLOSE_SECONDS = 8.0
CONNECT_SECONDS = 20.0
QUIET = {
    "DASK_LOGGING__DISTRIBUTED": "warning",
    "PYTHONUNBUFFERED": "1",
}


class Cluster(Protocol):
    """A scheduler to connect to."""

    exclusive: bool
    """Whether the workers are ours alone: one thread a lane, and the same store."""

    def connect(self) -> Client:
        """Return a client; raises a ``PellucidError`` that says why there is none."""

    def resources(self, client: Client, lane: Lane) -> dict[str, float]:
        """Return the worker resources that a task of ``lane`` asks for, opening the lane."""

    def alive(self) -> bool:
        """Tell whether the scheduler may still be there."""

    def close(self) -> None:
        """Stop what :meth:`connect` started."""


class LocalCluster:
    """A lane of one worker process each, kept by :mod:`core.engine.host`.

    Parameters
    ----------
    memory_bytes : int
        Memory at which a worker is restarted.
    """

    exclusive = True

    def __init__(self, *, memory_bytes: int) -> None:
        self._memory_bytes = memory_bytes
        self._host: subprocess.Popen[bytes] | None = None
        self._scratch: str | None = None
        self._lanes: set[Lane] = {"interactive"}
        self._lock = threading.Lock()
        self._closed = False

    def connect(self) -> Client:
        """Start the host and connect to its scheduler."""
        with self._lock:
            if self._closed:
                raise WorkerLostError("The engine was closed before its workers had started.")
            self._scratch = tempfile.mkdtemp(prefix="pellucid-")
            self._host = subprocess.Popen(
                # -P: a folder "core" where the server was started from is not ours.
                [sys.executable, "-P", "-m", "core.engine.host"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=_environment(),
                start_new_session=True,  # Ctrl-C in the terminal is for the server alone
            )
        # Imported while the host starts: both take a second.
        from distributed import Client
        from distributed.security import Security

        from core.engine.host import Order

        credentials = Security.temporary()
        order = Order(
            ca=credentials.tls_ca_file,
            certificate=credentials.tls_scheduler_cert,
            key=credentials.tls_scheduler_key,
            memory_bytes=self._memory_bytes,
            scratch=self._scratch,
        )
        self._tell(order.line())
        assert self._host.stdout is not None
        answer = self._host.stdout.readline()
        if not answer:
            raise WorkerLostError(
                "The local workers did not start. The server's log says why; restart the server."
            )
        address = json.loads(answer)["address"]
        return Client(
            address, security=order.security(), timeout=CONNECT_SECONDS, set_as_default=False
        )

    def resources(self, client: Client, lane: Lane) -> dict[str, float]:
        """Return the lane's resource; its worker is started at the first call."""
        with self._lock:
            fresh = lane not in self._lanes
            self._lanes.add(lane)
        if fresh:
            self._tell(f"{lane}\n".encode())
        return {lane: 1}

    def alive(self) -> bool:
        """Tell whether the host still runs."""
        return self._host is not None and self._host.poll() is None

    def close(self) -> None:
        """End the host and its workers and remove their scratch folder."""
        with self._lock:
            self._closed = True
            host, scratch = self._host, self._scratch
        if host is not None:
            _end(host)
        if scratch is not None:
            shutil.rmtree(scratch, ignore_errors=True)

    def _tell(self, line: bytes) -> None:
        assert self._host is not None
        assert self._host.stdin is not None
        with suppress(BrokenPipeError):  # a host that is gone shows at the next answer
            self._host.stdin.write(line)
            self._host.stdin.flush()


class RemoteCluster:
    """A cluster that somebody else runs, reached by TLS.

    Its workers need this package and should offer the resources ``interactive``, ``batch`` and
    ``training`` (``dask worker --resources "interactive=1"``); where none offers a lane's resource,
    tasks of that lane run on any worker.
    """

    exclusive = False

    def __init__(self, settings: Settings) -> None:
        self._address = settings.scheduler
        self._files = {
            "PELLUCID_TLS_CA": settings.tls_ca,
            "PELLUCID_TLS_CERT": settings.tls_cert,
            "PELLUCID_TLS_KEY": settings.tls_key,
        }

    def connect(self) -> Client:
        """Connect with the certificates of the settings."""
        ca, certificate, key = self._checked_files()
        from distributed import Client
        from distributed.security import Security

        security = Security(
            require_encryption=True, tls_ca_file=ca, tls_client_cert=certificate, tls_client_key=key
        )
        try:
            return Client(
                self._address, security=security, timeout=CONNECT_SECONDS, set_as_default=False
            )
        except (OSError, ValueError) as error:
            raise WorkerLostError(
                f"Cannot reach the Dask scheduler at {self._address}. Check that it runs, that "
                "PELLUCID_SCHEDULER is its address, and that the PELLUCID_TLS_* files belong to it."
            ) from error

    def resources(self, client: Client, lane: Lane) -> dict[str, float]:
        """Return the lane's resource if a worker offers it, else no restriction."""
        workers = client.scheduler_info(n_workers=-1)["workers"].values()
        offered = any(worker["resources"].get(lane) for worker in workers)
        return {lane: 1} if offered else {}

    def alive(self) -> bool:
        """Return ``True``: whether it is there, only its client knows."""
        return True

    def close(self) -> None:
        """Leave the cluster as it is."""

    def _checked_files(self) -> tuple[str, str, str]:
        if not self._address.startswith("tls://"):
            raise InputError(
                "PELLUCID_SCHEDULER must be an address such as tls://host:8786, because whoever "
                f"reaches a scheduler can run code. Received: {self._address!r}."
            )
        for name, path in self._files.items():
            if path is None or not Path(path).is_file():
                raise InputError(
                    f"PELLUCID_SCHEDULER={self._address} needs {name}, the path of a PEM file. "
                    f"Received: {path}."
                )
        ca, certificate, key = (str(path) for path in self._files.values())
        return ca, certificate, key


def _environment() -> dict[str, str]:
    """Return this process's environment, quiet, and with its import path."""
    path = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
    return {**QUIET, **os.environ, "PYTHONPATH": path}


def _end(host: subprocess.Popen[bytes]) -> None:
    assert host.stdin is not None
    assert host.stdout is not None
    with suppress(BrokenPipeError):
        host.stdin.close()
    try:
        host.wait(CLOSE_SECONDS)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(host.pid, 9)
        host.wait()
    host.stdout.close()
