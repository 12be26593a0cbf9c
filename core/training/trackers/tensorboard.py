"""TensorBoard: one event file in the run's folder.

``python -m tensorboard --logdir ~/.cache/pellucid/runs`` shows all runs. A record holds a whole
epoch, so a process that is killed leaves at most one torn record, which the next one cuts off.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.contracts import Epoch, Run
from core.training.markdown import code_block
from core.training.trackers.base import Beginning, RunTracker, scalars, summary

__all__ = ["FOLDER", "TensorBoard"]

FOLDER = "tensorboard"
_NAME = "events.out.tfevents."
_VERSION = "brain.Event:2"
_LENGTH, _CRC = struct.Struct("<Q"), struct.Struct("<I")
_HEADER = 2
"""Records before the first epoch: the format's version, then parameters and command."""


class TensorBoard(RunTracker):
    """Event files beside the weights."""

    id = "tensorboard"
    module = "tensorboard"
    install = "pip install tensorboard"

    def __init__(self, beginning: Beginning) -> None:
        folder = beginning.folder / FOLDER
        folder.mkdir(exist_ok=True)
        # No host name, as TensorBoard's own writer puts there: a run's folder may be given away.
        fresh = folder / f"{_NAME}{int(time.time())}.pellucid"
        file = next(iter(sorted(folder.glob(f"{_NAME}*"))), fresh)
        done = _keep(file, len(beginning.history)) if file.is_file() else None
        self._file = file.open("ab")
        if done is None:
            self._begin(beginning)
        for epoch in beginning.history[done or 0 :]:
            self.epoch(epoch)

    def epoch(self, epoch: Epoch) -> None:
        """Append a record with the epoch's scalars; its step is the epoch's number."""
        self._write(_scalar_values(scalars(epoch)), step=epoch.epoch)

    def end(self, run: Run) -> None:
        """Append the run's figures, and that it went well."""
        from tensorboard.plugins.hparams.api_pb2 import STATUS_SUCCESS

        self._write(_scalar_values(summary(run)), step=len(run.history))
        self._close(STATUS_SUCCESS, step=len(run.history))

    def stop(self, *, failed: bool) -> None:
        """Close the file; a stopped run appends to it when it goes on."""
        from tensorboard.plugins.hparams.api_pb2 import STATUS_FAILURE

        if failed:
            self._close(STATUS_FAILURE, step=0)
        else:
            self._file.close()

    def _begin(self, beginning: Beginning) -> None:
        from tensorboard.plugins.hparams.summary_v2 import hparams_pb
        from tensorboard.plugins.text.summary_v2 import text_pb

        self._write([], file_version=_VERSION)
        settings = hparams_pb(beginning.settings, trial_id=beginning.model)
        command = text_pb("command", code_block(beginning.command))
        self._write([*settings.value, *command.value], step=0)

    def _close(self, status: Any, *, step: int) -> None:
        # By its bytes: this function returns TensorFlow's message, the others TensorBoard's.
        from tensorboard.compat.proto.summary_pb2 import Summary
        from tensorboard.plugins.hparams.summary import session_end_pb

        closing = Summary.FromString(session_end_pb(status).SerializeToString())
        self._write(closing.value, step=step)
        self._file.close()

    def _write(self, values: Any, *, step: int = 0, file_version: str = "") -> None:
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary

        event = Event(wall_time=time.time(), step=step)
        if file_version:
            event.file_version = file_version
        else:
            event.summary.CopyFrom(Summary(value=values))
        self._file.write(_framed(event.SerializeToString()))
        self._file.flush()


def _scalar_values(numbers: dict[str, float]) -> list[Any]:
    from tensorboard.plugins.scalar.summary_v2 import scalar_pb

    return [value for tag, x in numbers.items() for value in scalar_pb(tag, x).value]


def _framed(payload: bytes) -> bytes:
    """Return a record of TensorFlow's format: length, its checksum, payload, its checksum."""
    from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c

    length = _LENGTH.pack(len(payload))
    return b"".join(
        [length, _CRC.pack(masked_crc32c(length)), payload, _CRC.pack(masked_crc32c(payload))]
    )


def _keep(file: Path, n_epochs: int) -> int | None:
    """Cut off what lies behind the first ``n_epochs``; return how many of them are there.

    Cut off are a torn record, the figures of an end that was not reached after all, and epochs
    whose checkpoint was lost: they come again. ``None``: not even the header was whole.
    """
    end, kept = 0, 0
    for step, behind in _records(file):
        if step != max(0, kept + 1 - _HEADER) or step > n_epochs:
            break
        end, kept = behind, kept + 1
    if kept < _HEADER:
        end = 0
    with file.open("r+b") as opened:
        opened.truncate(end)
    return kept - _HEADER if end else None


def _records(file: Path) -> Iterator[tuple[int, int]]:
    """Yield the step of each whole record, and where it ends."""
    from tensorboard.compat.proto.event_pb2 import Event

    payload, at = file.read_bytes(), 0
    while at + _LENGTH.size <= len(payload):
        (length,) = _LENGTH.unpack_from(payload, at)
        begin = at + _LENGTH.size + _CRC.size
        record = payload[begin : begin + length]
        at = begin + length + _CRC.size
        if at > len(payload) or _framed(record) != payload[begin - _LENGTH.size - _CRC.size : at]:
            return
        yield Event.FromString(record).step, at
