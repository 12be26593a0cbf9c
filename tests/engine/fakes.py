"""Fake kinds of work. Workers import this module when they unpickle a request."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import ClassVar, cast

import numpy as np

from core import errors
from core.contracts import Box, Lane, PictureSeen, Prediction, Request, Result, content_key
from core.control import Control

STEP_SECONDS = 0.02


@dataclass(frozen=True)
class FakeRequest:
    """Work of some seconds; ``trace`` gets one line for each time it is computed."""

    kind: ClassVar[str] = "fake"
    work: ClassVar[str] = "tests.engine.fakes:compute"
    result: ClassVar[type[Result]] = Prediction
    durable: ClassVar[bool] = False
    name: str
    seconds: float = 0.0
    trace: Path | None = None
    mishap: str = ""
    lane: Lane = "interactive"

    @cached_property
    def key(self) -> str:
        return content_key({"kind": self.kind, "name": self.name})

    @property
    def batch(self) -> str:
        return self.kind

    def adopt(self, stored: Prediction) -> Prediction:
        return replace(stored, cached=True)


def fake(name: str, **fields: object) -> Request:
    return cast(Request, FakeRequest(name, **fields))  # type: ignore[arg-type]


def compute(requests: Sequence[FakeRequest], control: Control) -> list[Result]:
    return [_compute_one(request, control) for request in requests]


def _compute_one(request: FakeRequest, control: Control) -> Result:
    if request.trace is not None:
        with request.trace.open("a") as trace:
            trace.write(f"{request.name} {os.getpid()}\n")
    steps = round(request.seconds / STEP_SECONDS)
    for step in range(steps):
        control.check()
        time.sleep(STEP_SECONDS)
        control.progress((step + 1) / steps, f"step {step + 1}")
        if step == steps // 2:
            _mishap(request)
    if not steps:
        _mishap(request)
    return prediction(request.key)


def _mishap(request: FakeRequest) -> None:
    if request.mishap in ("die", "die once"):
        assert request.trace is not None
        deaths = request.trace.with_suffix(".deaths")
        if request.mishap == "die" or not deaths.exists():
            with deaths.open("a") as file:
                file.write("x")
            os.kill(os.getpid(), signal.SIGKILL)
    elif request.mishap == "bug":
        raise ZeroDivisionError("a secret of the inside")
    elif request.mishap:
        raise getattr(errors, request.mishap)(f"{request.mishap}: told to fail")


def prediction(key: str) -> Prediction:
    return Prediction(
        key=key,
        model="fake",
        weights_sha256="0" * 64,
        device="cpu",
        seen=PictureSeen("fake.png", "1" * 64, 4, 3, Box(0, 0, 4, 3), "crop"),
        logits=np.frombuffer(bytes.fromhex(key), np.uint8).astype(np.float32),
        seconds=0.0,
        versions={"fake": "1"},
    )


def whereabouts(name: str) -> tuple[str, int, int]:
    return name, os.getpid(), os.nice(0)


def refuse() -> None:
    raise errors.CapabilityError("cannot do that")
