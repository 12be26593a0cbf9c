"""50 simultaneous reruns of the Inspect page, with results cached, on a real server.

Each client speaks Streamlit's own protocol: it asks for a rerun over its WebSocket and reads until
the script has finished. Meanwhile the health page is asked all the time.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from statistics import median
from time import perf_counter
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from websockets.asyncio.client import ClientConnection, connect

from benchmarks.base import MILLI, Options, Row, at_most, main
from benchmarks.workload import ROOT, use_home

__all__ = ["measure"]

_LIMIT = 1000.0
_CLIENTS = 50
_START_SECONDS = 60
_WARM_SECONDS = 120
_HEALTH_EVERY = 0.05
_MAX_MESSAGE = 2**28


class Client:
    """One browser session, as far as the server can tell."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._query = ""
        self.waits = False

    async def rerun(self) -> float:
        """Ask for a rerun; return the seconds until the script finished without an error."""
        from streamlit.proto.BackMsg_pb2 import BackMsg
        from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

        message = BackMsg()
        message.rerun_script.query_string = self._query
        began = perf_counter()
        self.waits = False
        await self._connection.send(message.SerializeToString())
        while True:
            answer = ForwardMsg.FromString(await self._connection.recv(decode=False))
            self._look(answer)
            if answer.WhichOneof("type") == "script_finished":
                if answer.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                    continue
                if answer.script_finished != ForwardMsg.FINISHED_SUCCESSFULLY:
                    raise RuntimeError("The page's script did not compile.")
                return perf_counter() - began

    def _look(self, answer: Any) -> None:
        kind = answer.WhichOneof("type")
        if kind == "page_info_changed":
            self._query = answer.page_info_changed.query_string
        elif kind == "auto_rerun":
            self.waits = True  # a fragment polls a job: the results are not all there
        elif kind == "delta" and answer.delta.new_element.WhichOneof("type") == "exception":
            raise RuntimeError(f"The page failed: {answer.delta.new_element.exception.message}")


def measure(options: Options) -> list[Row]:
    """Start a server, warm it, and let all the clients ask at once."""
    use_home()
    return asyncio.run(_measure(_free_port(), options.some(_CLIENTS, 10), options.some(10, 2)))


async def _measure(port: int, n: int, rounds: int) -> list[Row]:
    health: list[float] = []
    reruns: list[float] = []
    async with _server(port), AsyncExitStack() as stack:
        async with _session(port) as first:
            await _warm(first)
        async with _health_watched(port, health):
            clients = [await stack.enter_async_context(_session(port)) for _ in range(n)]
            first_views = await asyncio.gather(*(client.rerun() for client in clients))
            for _ in range(rounds):
                reruns += await asyncio.gather(*(client.rerun() for client in clients))
    return [
        at_most(
            f"{n} simultaneous reruns of the Inspect page, results cached: median",
            MILLI * median(reruns),
            _LIMIT,
            note=f"slowest {MILLI * max(reruns):.0f} ms over {rounds} rounds; {n} first views "
            f"at once: median {MILLI * median(first_views):.0f} ms; all clients share this machine",
        ),
        at_most(
            "/_stcore/health throughout: slowest answer",
            MILLI * max(health),
            _LIMIT,
            note=f"median {MILLI * median(health):.1f} ms of {len(health)}",
        ),
    ]


async def _warm(client: Client) -> None:
    deadline = perf_counter() + _WARM_SECONDS
    while perf_counter() < deadline:
        await client.rerun()
        if not client.waits:
            return
        await asyncio.sleep(1)
    raise TimeoutError(f"The page's results were not there after {_WARM_SECONDS} s.")


@asynccontextmanager
async def _health_watched(port: int, seconds: list[float]) -> AsyncIterator[None]:
    """Ask the health page all the time, from a process that nothing else slows down."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", f"from {__spec__.name} import watch_health; watch_health({port})"),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=_MAX_MESSAGE,
    )
    assert process.stdout is not None
    await process.stdout.readline()
    try:
        yield
    finally:
        output, _ = await process.communicate(b"")
    seconds += json.loads(output)


def watch_health(port: int) -> None:
    """Ask until standard input ends, then print the seconds of each answer as JSON."""
    ended = threading.Event()

    def wait_for_the_end() -> None:
        sys.stdin.read()
        ended.set()

    threading.Thread(target=wait_for_the_end, daemon=True).start()
    print("watching", flush=True)
    seconds = []
    while not ended.wait(_HEALTH_EVERY):
        seconds.append(_health(port))
    print(json.dumps(seconds), flush=True)


def _health(port: int) -> float:
    began = perf_counter()
    with urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=30) as answer:
        answer.read()
    return perf_counter() - began


@asynccontextmanager
async def _session(port: int) -> AsyncIterator[Client]:
    address = f"ws://127.0.0.1:{port}/_stcore/stream"
    async with connect(
        address,
        subprotocols=["streamlit"],  # type: ignore[list-item]
        origin=f"http://127.0.0.1:{port}",  # type: ignore[arg-type]
        max_size=_MAX_MESSAGE,
        max_queue=None,
        compression=None,
        ping_interval=None,
    ) as connection:
        yield Client(connection)


@asynccontextmanager
async def _server(port: int) -> AsyncIterator[None]:
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", "dashboard/app.py", f"--server.port={port}"],
        cwd=ROOT,
        env=dict(os.environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        await _until_healthy(process, port)
        yield
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


async def _until_healthy(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = perf_counter() + _START_SECONDS
    while perf_counter() < deadline:
        if process.poll() is not None:
            raise RuntimeError("The server ended at once; its errors are above.")
        try:
            await asyncio.to_thread(_health, port)
        except (URLError, OSError):
            await asyncio.sleep(0.2)
        else:
            return
    raise TimeoutError(f"The server did not answer within {_START_SECONDS} s.")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


if __name__ == "__main__":
    main(measure, __doc__)
