"""The command that serves: what it refuses and becomes; in tests/test_wheel.py it serves."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest

from core.cli import main

ROOT = Path(__file__).resolve().parent.parent


class Became(BaseException):  # the last net lets it through, as it would the end of a process
    """In place of the process that a command turns into."""


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], dict[str, str]]]:
    seen: list[tuple[list[str], dict[str, str]]] = []

    def become(program: str, command: list[str], environment: dict[str, str]) -> None:
        assert program == command[0] == sys.executable
        seen.append((command, environment))
        raise Became

    monkeypatch.setattr(os, "execve", become)
    return seen


@pytest.fixture
def free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def refusal(capfd: pytest.CaptureFixture[str], *arguments: object) -> str:
    with pytest.raises(SystemExit) as end:
        main(["serve", *map(str, arguments)])
    assert end.value.code == 2
    out, told = capfd.readouterr()
    assert out == ""
    (line,) = told.splitlines()
    return line


def test_it_serves_this_machine_alone_unless_told(
    commands: list[tuple[list[str], dict[str, str]]], free: int, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(Became):
        main(["serve", "--port", str(free)])
    command, environment = commands[0]
    assert command[1:4] == ["-P", "-m", "streamlit"]
    assert str(ROOT / "dashboard" / "app.py") in command
    assert f"--server.port={free}" in command
    assert "--server.address=127.0.0.1" in command
    assert str(ROOT) in environment["PYTHONPATH"].split(os.pathsep)
    assert capfd.readouterr().err == ""
    with pytest.raises(Became):
        main(["serve", "--port", str(free), "--address", "0.0.0.0"])
    assert "--server.address=0.0.0.0" in commands[1][0]
    assert "no password" in capfd.readouterr().err


def test_a_port_that_is_taken_is_one_line(capfd: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        assert f"Port {port} is taken" in refusal(capfd, "--port", port)


@pytest.mark.parametrize("port", ["0", "65536", "-1", "²", "9" * 5000, "http"])
def test_a_port_is_a_number_of_its_range(port: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert "port" in refusal(capfd, f"--port={port}")


@pytest.mark.parametrize("address", ["localhost", "", "1.2.3", "http://127.0.0.1"])
def test_an_address_is_that_of_a_machine(address: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert "such as 127.0.0.1" in refusal(capfd, "--address", address)


def test_an_address_of_another_machine_is_one_line(capfd: pytest.CaptureFixture[str]) -> None:
    assert "Cannot listen on 192.0.2.1" in refusal(capfd, "--address", "192.0.2.1")
