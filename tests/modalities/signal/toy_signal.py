"""A one-dimensional signal, as a package from outside brings it: modality, network, data, a target.

A trace holds one pulse on a noisy base line: upwards ("peak") or downwards ("dip"). Where it lies
is known, so every map can be held against the truth.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from PIL import Image

from core.contracts import Array, DatasetRef, Explanation, Seen
from core.data.base import Dataset, DatasetKind, Part
from core.errors import InputError, UnknownNameError
from core.lookup import lookup
from core.modalities.base import Aligned, Control, Labels, Masker, Modality, Preset
from core.modalities.units import grid
from core.models.spec import Affine, ModelSpec
from core.parameters import Parameter, Value

LENGTH, WIDTH = 64, 8
CLASSES = ("peak", "dip")


@dataclass(frozen=True)
class Trace:
    """A source: its name and its samples in [0, 1], shape ``(L,)``."""

    name: str
    values: Array

    @cached_property
    def sha256(self) -> str:
        """Hash of the samples."""
        return hashlib.sha256(np.ascontiguousarray(self.values).tobytes()).hexdigest()

    @property
    def nbytes(self) -> int:
        """Bytes of the samples."""
        return self.values.nbytes


def drawn(seed: int, label: int) -> tuple[Trace, slice]:
    """Return a trace of a class, and where its pulse lies."""
    rng = np.random.default_rng([seed, label])
    values = rng.normal(0.5, 0.03, LENGTH)
    at = int(rng.integers(2, LENGTH - WIDTH - 2))
    values[at : at + WIDTH] += 0.35 * (1 - 2 * label)
    return Trace(f"{CLASSES[label]} {seed}", np.clip(values, 0, 1).astype(np.float32)), slice(
        at, at + WIDTH
    )


@dataclass(frozen=True)
class SignalSeen(Seen):
    """What results tell of a trace."""

    modality: ClassVar[str] = "signal"
    trace: str
    trace_sha256: str
    samples: int

    @property
    def name(self) -> str:
        """Name of the trace."""
        return self.trace

    @property
    def sha256(self) -> str:
        """Hash of its samples."""
        return self.trace_sha256


@dataclass(frozen=True)
class SignalInput:
    """What the model is shown: the samples, ``(L, 1)``."""

    modality: ClassVar[str] = "signal"
    name: str
    values: Array

    @cached_property
    def sha256(self) -> str:
        """Hash of the samples."""
        return hashlib.sha256(np.ascontiguousarray(self.values).tobytes()).hexdigest()

    def tensor(self) -> Array:
        """Return float32 ``(L, 1)``."""
        return self.values[:, None]

    def parts(self) -> dict[str, Any]:
        """Return what content keys are made of."""
        return {"input": self.sha256}

    def options(self) -> list[str]:
        """Return nothing: there is one way to read a trace."""
        return []

    def seen(self) -> SignalSeen:
        """Return what results tell."""
        return SignalSeen(self.name, self.sha256, len(self.values))


EMPTY = {
    "zero line": lambda x, rng: np.full_like(x, 0.5),
    "mean": lambda x, rng: np.full_like(x, x.mean()),
    "noise": lambda x, rng: rng.random(x.shape, dtype=np.float32),
}


def windows(x: Array, seed: int, *, draw: int) -> Array:
    """Return eight windows of random heights."""
    heights = np.random.default_rng([seed, draw, 99]).random(8, dtype=np.float32)
    return heights[grid(x.shape[:-1], (8,))]


def steps(x: Array, _: int) -> Array:
    """Return where the signal changes."""
    return np.abs(np.gradient(x[:, 0])).astype(np.float32)


def middle(x: Array, _: int) -> Array:
    """Return a spot in the middle."""
    places = np.arange(len(x)) / len(x) - 0.5
    return np.exp(-np.square(places / 0.25)).astype(np.float32)


class Signal(Modality):
    """Signals ``(L, 1)``, samples in [0, 1]."""

    id = "signal"
    offers = frozenset({"unit_range"})
    source = "trace"
    site = "sample"
    suffixes = frozenset({".txt"})
    files = "traces (.txt)"
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "baselines": tuple(EMPTY),
        "steady_baselines": ("zero line", "mean"),
        "path_baselines": (*EMPTY, "average"),
        "averaged": ("zero line", "mean"),
        "backgrounds": ("noise",),
        "partitions": ("windows",),
        "maskers": ("zero line", "mean"),
    }
    controls = (
        *(Control(f"random {i}", "random", partial(windows, draw=i)) for i in range(3)),
        Control("steps", "steps", steps),
        Control("middle", "middle", middle),
    )
    families: ClassVar[Mapping[str, str]] = {
        "random": "random windows", "steps": "steps", "middle": "the middle",
    }  # fmt: skip
    presets: ClassVar[Mapping[str, Preset]] = {
        "samples": Preset("samples", "Sample by sample, in 16 steps.", 16, "zero", "zero")
    }

    def open(self, given: object, name: str, chosen: Mapping[str, Value]) -> Trace:
        """Read a file of numbers, one a line."""
        if isinstance(given, Trace):
            return given
        name = name or Path(str(given)).name
        try:
            text = given.decode() if isinstance(given, bytes) else Path(str(given)).read_text()
            values = np.array([float(line) for line in text.split()], np.float32)
        except (OSError, ValueError) as error:
            raise InputError(f"{name} is no trace: numbers are expected.") from error
        return Trace(name, values)

    def draw(self, source: object, explanation: Explanation | None) -> bytes:
        """Draw the line, dark where the map is strong."""
        assert isinstance(source, Trace)
        size = np.ones(len(source.values))
        if explanation is not None:
            size = np.abs(explanation.map) / max(float(np.abs(explanation.map).max()), 1e-12)
        pixels = np.full((64, len(source.values)), 255, np.uint8)
        rows = np.clip((1 - source.values) * 63, 0, 63).astype(int)
        pixels[rows, np.arange(len(rows))] = (200 * (1 - size)).astype(np.uint8)
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "PNG")
        return buffer.getvalue()

    def to_input(
        self, source: object, shape: tuple[int, ...], chosen: Mapping[str, Value]
    ) -> SignalInput:
        """Check the length."""
        if not isinstance(source, Trace):
            raise InputError(f"A trace is expected. Received: {type(source).__name__}.")
        if source.values.shape != shape[:1]:
            raise InputError(f"{shape[0]} samples are expected. Received: {len(source.values)}.")
        return SignalInput(source.name, source.values)

    def checked_size(self, given: object) -> tuple[int, ...]:
        """Take ``(L, 1)``."""
        if not isinstance(given, tuple) or len(given) != 2:
            raise InputError(f"A signal's size is (samples, 1). Received: {given}.")
        return given

    def blank(self, shape: tuple[int, ...]) -> Trace:
        """Return a flat line."""
        return Trace("blank", np.full(shape[0], 0.5, np.float32))

    def probes(self, shape: tuple[int, ...]) -> Array:
        """Return four drawn traces."""
        return np.stack([drawn(900 + i, i % 2)[0].values[:, None] for i in range(4)])

    def empty(self, name: str, x: Array, *, seed: int) -> Array:
        """Return a flat or noisy line."""
        return lookup(EMPTY, name, what="baseline")(x, np.random.default_rng(seed))

    def background(self, name: str, x: Array, rng: np.random.Generator) -> Array:
        """Return noise."""
        return EMPTY[name](x, rng)

    def units(self, x: Array, partition: str, n_units: int) -> Labels:
        """Cut into windows."""
        if partition != "windows":
            raise UnknownNameError(f"There is no partition {partition!r}. Known: windows.")
        return grid(x.shape[:-1], (n_units,))

    def masker(self, name: str, x: Array) -> Masker:
        """Hide behind a flat line."""
        other = self.empty(name, x, seed=0)
        return lambda visible: np.where(visible[..., None], x, other)

    def masker_text(self, name: str) -> str:
        """Say so."""
        return f"the {name}"

    def removed(self, name: str, x: Array, zero: Array) -> Array:
        """Return the zero line."""
        return np.full_like(x, 0.5)

    def removed_text(self, name: str) -> str:
        """Say so."""
        return "the zero line"

    def no_question(self, x: Array) -> str:
        """Refuse flat lines."""
        return "the signal is flat" if np.ptp(x) == 0 else ""

    def align(self, a: Explanation, b: Explanation) -> Aligned | str:
        """Take maps of one trace as they are."""
        same = a.seen.sha256 == b.seen.sha256 and a.map.shape == b.map.shape
        return Aligned(a.map, b.map) if same else "These maps lie on different signals."


# ---- the model


def network(inputs: Any, n_classes: int) -> Any:
    """Return a matched filter: how far the line rises above and falls below 0.5, wherever."""
    import keras

    # Two filters, a window's mean and its opposite, with a threshold; then the sum over the line.
    kernel = np.concatenate([np.full((WIDTH, 1, 1), s / WIDTH) for s in (1, -1)], axis=-1)
    bias = np.full(2, -0.1)  # the preprocessing takes 0.5 away
    x = keras.layers.Conv1D(
        2, WIDTH, padding="same", activation="relu", name="filters",
        kernel_initializer=lambda *_, **__: keras.ops.convert_to_tensor(kernel, "float32"),
        bias_initializer=lambda *_, **__: keras.ops.convert_to_tensor(bias, "float32"),
    )(inputs)  # fmt: skip
    x = keras.layers.GlobalAveragePooling1D()(x)
    weights = np.array([[60.0, -60.0], [-60.0, 60.0]])[:, :n_classes]
    logits = keras.layers.Dense(
        n_classes, name="logits",
        kernel_initializer=lambda *_, **__: keras.ops.convert_to_tensor(weights, "float32"),
    )(x)  # fmt: skip
    return keras.Model(inputs, logits)


def models() -> tuple[ModelSpec, ...]:
    """Return the one model."""
    return (
        ModelSpec(
            id="pulse_net", name="Pulses", builder="toy_signal:network", input_size=(LENGTH, 1),
            preprocessing=Affine((127.5,), (255.0,)), feature_layer="", layers=(), features=False,
            n_parameters=24,
            paper="", licence="none", summary="Tells peaks from dips.", n_classes=2,
            labels=CLASSES, modality="signal",
        ),
    )  # fmt: skip


# ---- data


class PulsePart(Part):
    """Drawn traces, both classes in turn, in two groups by where the pulse lies."""

    def __init__(self, name: Any, n: int, first: int) -> None:
        self._made = [drawn(first + i, i % 2) for i in range(n)]
        halves = ["early" if at.start < LENGTH // 2 else "late" for _, at in self._made]
        super().__init__(
            name, ids=[trace.name for trace, _ in self._made],
            labels=np.arange(n) % 2, groups={"half": halves},
        )  # fmt: skip

    def source(self, index: int) -> Trace:
        """Return one trace."""
        return self._made[index][0]

    def shown(self, index: int, shape: tuple[int, ...]) -> Array:
        """Return one trace."""
        return self.inputs([index], shape)[0]

    def inputs(self, indices: Sequence[int], shape: tuple[int, ...]) -> Array:
        """Return traces as the model takes them."""
        return np.stack([self._made[i][0].values[:, None] for i in indices])


class Pulses(DatasetKind):
    """Drawn traces."""

    id = "pulses"
    name = "Pulses"
    summary = "Drawn traces with one pulse each."
    limits = "Nothing but pulses."
    groups = ("half",)
    modality = "signal"
    parameters = (Parameter("n", "int", 40, "Traces in each split", low=4, high=400),)

    def open(self, ref: DatasetRef, parameters: Mapping[str, Value]) -> Dataset:
        """Draw them."""
        n = int(parameters["n"])
        parts = {"train": PulsePart("train", n, 0), "test": PulsePart("test", n, 1000)}
        return Dataset(ref, CLASSES, parts, f"pulses {n}")


__all__ = ["Pulses", "Signal", "Trace", "drawn", "models"]
