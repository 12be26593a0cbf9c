"""The command that serves the dashboard: serve."""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
import sys
from pathlib import Path
from typing import Annotated

import typer

import core
from core.errors import InputError
from core.home import home
from core.terminal.options import app, whole

__all__: list[str] = []

_LOOPBACK = "127.0.0.1"
_PORT = 8501
_APP = Path(core.__file__).resolve().parent.parent / "dashboard" / "app.py"


@app.command()
def serve(
    port: Annotated[int, whole(low=1, high=65535, help="Port to listen on.")] = _PORT,
    address: Annotated[
        str, typer.Option(help="Address to listen on, such as 127.0.0.1: this machine alone.")
    ] = _LOOPBACK,
) -> None:
    """Serve the dashboard until it is stopped (Ctrl-C)."""
    home()  # a variable that cannot be read, or is no place to write, is said here
    _check_free(address, port)
    if not ipaddress.ip_address(address).is_loopback:
        print(
            f"Whoever reaches {address}:{port} can use this dashboard: it asks for no password.",
            file=sys.stderr,
        )
    # -P: what lies in the folder that it is started from takes no part, whatever its name.
    command = [sys.executable, "-P", "-m", "streamlit", "run", str(_APP)]
    command += [f"--server.address={address}", f"--server.port={port}"]
    path = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
    sys.stderr.flush()
    os.execve(sys.executable, command, {**os.environ, "PYTHONPATH": path})


def _check_free(address: str, port: int) -> None:
    """Raise what is wrong with the address before Streamlit, which says it in a traceback."""
    try:
        family = socket.AF_INET6 if ipaddress.ip_address(address).version == 6 else socket.AF_INET
    except ValueError as error:
        raise InputError(
            f"--address must be an IP address such as {_LOOPBACK}. Received: {address!r}."
        ) from error
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise InputError(
                    f"Port {port} is taken. Choose another one: --port {port % 65535 + 1}."
                ) from error
            raise InputError(
                f"Cannot listen on {address}:{port}: {error.strerror}. Choose a --port above 1023 "
                "and an --address of this machine."
            ) from error
