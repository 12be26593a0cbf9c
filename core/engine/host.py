"""The process that keeps the local workers: ``python -m core.engine.host``.

It runs the Dask scheduler and a nanny for each lane, so that neither depends on what ``__main__``
is in the parent (Streamlit swaps it) nor competes with the parent's threads.

The parent writes one JSON line to its standard input (:class:`Order`) and later the name of a lane
a line; the host answers with the scheduler's address on its standard output. At the end of its
input, however the parent ended, it stops the workers and goes.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import shutil
import sys
from dataclasses import asdict, dataclass
from typing import Any

import dask
from distributed import Nanny, Scheduler, Worker
from distributed.diagnostics.plugin import WorkerPlugin
from distributed.security import Security

from core.contracts import Lane

__all__ = ["Order"]

LOOPBACK = "127.0.0.1"
NICENESS: dict[Lane, int] = {"interactive": 0, "batch": 10, "training": 15}
# A task that kills its worker gets two more tries.
ALLOWED_FAILURES = 2
CLOSE_SECONDS = 1.0
CONFIG = {
    # Dask's defaults give workers one BLAS thread and make malloc return every freed block.
    "distributed.nanny.pre-spawn-environ": {},
    # Nothing is spilled to disk and nothing pauses: a worker that is too big is restarted.
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
    "distributed.worker.memory.terminate": 0.95,
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
}


@dataclass(frozen=True, slots=True)
class Order:
    """What the host is told at its start; the credentials never touch a disk."""

    ca: str
    certificate: str
    key: str
    memory_bytes: int
    scratch: str

    def line(self) -> bytes:
        """Return the order as one line of JSON."""
        return json.dumps(asdict(self)).encode() + b"\n"

    def security(self) -> Security:
        """Return credentials that serve all roles."""
        roles = ("client", "scheduler", "worker")
        return Security(
            require_encryption=True,
            tls_ca_file=self.ca,
            **{f"tls_{role}_cert": self.certificate for role in roles},
            **{f"tls_{role}_key": self.key for role in roles},
        )


class LanePlugin(WorkerPlugin):  # type: ignore[misc, unused-ignore]
    """Prepares a worker process, after each restart too."""

    def __init__(self, niceness: int) -> None:
        self.niceness = niceness

    def setup(self, worker: Worker) -> None:
        """Give way to the other lane, and close the port that would only serve metrics."""
        os.nice(self.niceness)
        # It warns of each task that was stopped; the restarts that matter are the nanny's to tell.
        logging.getLogger("distributed.worker.state_machine").setLevel(logging.ERROR)
        worker.http_server.stop()


class Host:
    """The scheduler and the nannies."""

    def __init__(self, order: Order, scheduler: Scheduler) -> None:
        self._order = order
        self._scheduler = scheduler
        self._nannies: dict[str, Nanny] = {}

    async def open_lane(self, lane: Lane) -> None:
        """Start the worker of ``lane``, once."""
        if lane in self._nannies:
            return
        self._nannies[lane] = Nanny(
            self._scheduler.address,
            name=lane,
            nthreads=1,
            resources={lane: 1},
            memory_limit=self._order.memory_bytes,
            security=self._order.security(),
            host=LOOPBACK,
            protocol="tls",
            local_directory=self._order.scratch,
            dashboard=False,
            dashboard_address=f"{LOOPBACK}:0",
            plugins=(LanePlugin(NICENESS[lane]),),
        )
        await self._nannies[lane]

    async def close(self) -> None:
        """Stop the workers, by force if they do not stop soon: nothing they hold would be lost."""
        logging.getLogger("distributed.nanny").setLevel(logging.ERROR)  # it would warn of the force
        closing = (nanny.close(timeout=CLOSE_SECONDS) for nanny in self._nannies.values())
        await asyncio.gather(*closing, return_exceptions=True)
        await self._scheduler.close()


async def serve() -> None:
    """Do what the lines on standard input say, until they end."""
    lines, answer = await _connect_parent()
    if not (first := await lines.readline()):
        return  # whoever started this process has gone again
    order = Order(**json.loads(first))
    dask.config.set({**CONFIG, "temporary-directory": order.scratch})
    async with Scheduler(
        host=LOOPBACK,
        port=0,
        protocol="tls",
        security=order.security(),
        dashboard=False,
        dashboard_address=f"{LOOPBACK}:0",
        allowed_failures=ALLOWED_FAILURES,
    ) as scheduler:
        scheduler.http_server.stop()
        host = Host(order, scheduler)
        print(json.dumps({"address": scheduler.address}), file=answer, flush=True)
        opening = [asyncio.create_task(host.open_lane("interactive"))]
        while line := await lines.readline():
            opening.append(asyncio.create_task(host.open_lane(line.decode().strip())))  # type: ignore[arg-type]
        for task in opening:
            task.cancel()
        await host.close()
    shutil.rmtree(order.scratch, ignore_errors=True)  # a parent that was killed cannot


async def _connect_parent() -> tuple[asyncio.StreamReader, Any]:
    """Return the parent's lines and a file to answer on.

    Workers inherit standard output; sent to a pipe that nobody reads, their prints would block.
    """
    answer = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    lines = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    return lines, answer


if __name__ == "__main__":
    asyncio.run(serve())
