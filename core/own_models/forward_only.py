"""What a graph's file holds that OpenVINO's front ends read: the same facts, forward passes alone.

What is run here is compared with what the file itself answers when it is read and compiled as
anybody would; both are OpenVINO's, by two ways: one in a process apart on the file as it is, one on
what is kept of it. That OpenVINO reads a format rightly is what its own tests, and ours against
Keras, LiteRT's interpreter and others, say.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.contracts import Array, ModelCheck, ModelChoices, ModelFacts, Outputs, count_text
from core.errors import ModelFileError
from core.models.file_forward import LOGITS, FileForward
from core.models.own_forward import OWN_FORWARD, OwnForward, from_pixels, unpacked, whole_of
from core.models.reading.apart import apart
from core.models.reading.graph_file import ANSWERS, MODEL, GraphFile
from core.models.reading.nodes import name_of
from core.models.reading.scalings import Scaling
from core.models.spec import ModelSpec
from core.models.tokens import TOKENS
from core.own_models.beginning import Expected, expected, prepared_as
from core.own_models.passes import FilePasses
from core.own_models.ranges import RANGES, Order, Range, affine
from core.own_models.understood import CLOSE, Understood, class_names, difference
from core.own_models.with_gradients import with_gradients

__all__ = ["understand_graph"]

_END_OF: dict[Outputs, str] = {
    "probabilities": "softmax", "sigmoid": "sigmoid", "binary": "sigmoid",
}  # fmt: skip
_SUM = 1e-3


def understand_graph(file: GraphFile, choices: ModelChoices, *, sha256: str) -> Understood:
    """Open a graph's file apart, read off what it is, and check that it runs here as it is.

    Raises
    ------
    ModelFileError
        If it is damaged, too large, or no model of pictures; or a choice does not fit.
    """
    with tempfile.TemporaryDirectory(prefix="pellucid-graph-") as folder:
        order = {
            "name": file.name, "front_end": file.front_end, "path": str(file.path),
            "folder": folder, "size": choices.size, "layout": choices.layout,
            "output": choices.output,
        }  # fmt: skip
        n_bytes = sum(each.stat().st_size for each in file.parts)
        told = apart(
            "core.models.reading.front_end:prepare", order, name=file.name, n_bytes=n_bytes
        )
        written = Path(folder) / MODEL
        graph = {
            "xml": np.frombuffer(written.read_bytes(), np.uint8),
            "bin": np.frombuffer(written.with_suffix(".bin").read_bytes(), np.uint8),
        }
        with np.load(Path(folder) / ANSWERS) as answers:
            raw, said = answers["raw"], answers["said"]
    found = _Reading(file, choices, told, graph, sha256).understood(raw, said)
    return with_gradients(found, unpacked(graph, file.name), choices)


class _Reading:
    """One file, as the process apart told of it."""

    def __init__(
        self, file: GraphFile, choices: ModelChoices, told: Mapping[str, Any],
        graph: dict[str, npt.NDArray[np.uint8]], sha256: str,
    ) -> None:  # fmt: skip
        self.file, self.choices, self.told, self.graph = file, choices, told, graph
        self.name, self.sha256 = file.name, sha256
        self.n = int(told["n"])
        self.close = max(CLOSE, float(told["step"]))
        self.checks: list[ModelCheck] = []

    def understood(self, raw: Array, said: npt.NDArray[Any]) -> Understood:
        """Return what the file holds.

        Parameters
        ----------
        raw : ndarray of float32, shape (N, H, W, C)
            What the file was shown, in its own range.
        said : ndarray, shape (N, n)
            What it answered.
        """
        kind = self._kind(said)
        self._check_answers(said, kind)
        classes, named = self._classes(kind)
        spec = self._spec(kind, self._range(), classes)
        held = from_pixels(
            unpacked(self.graph, self.name), spec.preprocessing,
            end=_END_OF.get(spec.outputs, ""), two_of_one=spec.outputs == "binary",
            by_logarithms=self._by_logarithms(spec.outputs),
        )  # fmt: skip
        passes = FileForward.of(unpacked(held, self.name), [LOGITS, *spec.layers])
        self._same(passes, raw, said, spec)
        self._tokens()
        return Understood(
            self._facts(spec, named),
            spec,
            whole_of(unpacked(self.graph, self.name)),
            OWN_FORWARD,
            {},
            lambda: held,
            lambda: FilePasses(passes, spec.feature_layer),
            self.close,
        )

    def _kind(self, said: npt.NDArray[Any]) -> Outputs:
        found: str = self.told["end"]
        chosen = self.choices.kind
        if not chosen:
            if found == "softmax" or (not found and _add_up_to_one(said)):
                return "probabilities"
            if found == "sigmoid":
                return "sigmoid" if self.n > 1 else "binary"
            return "logits" if self.n > 1 else "values"
        if (chosen, self.n) == ("sigmoid", 1):
            chosen = "binary"
        unit, shares = _is_unit(said), _add_up_to_one(said)
        looks = unit and not found and shares == (chosen == "probabilities")
        fits = chosen not in _END_OF or _END_OF[chosen] == found or looks
        if fits and (chosen == "binary") <= (self.n == 1):
            return chosen
        if found == "softmax" or (shares and not found):
            kinds = "probabilities"
        else:
            kinds = "sigmoid" if found else "sigmoid|values" if unit else "logits|values"
        outputs = count_text(self.n, "output")
        raise ModelFileError(
            f"{self.name} gives {outputs} and ends in {found or 'no softmax or sigmoid'}, so that "
            f"is no {chosen}: say what it gives, or leave it open (--kind {kinds})."
        )

    def _check_answers(self, said: npt.NDArray[Any], kind: Outputs) -> None:
        if not np.isfinite(said).all():
            raise ModelFileError(
                f"{self.name} answers a picture with what is no number (NaN or infinite): its "
                "training diverged, or the file is damaged."
            )
        if np.ptp(said, axis=0).max() <= 4 * np.finfo(np.float32).eps * np.abs(said).max(initial=0):
            raise ModelFileError(
                f"{self.name} answers the same whatever it is shown: its outputs do not depend on "
                "the picture."
            )
        if kind == "logits" and _add_up_to_one(said):
            raise ModelFileError(
                f"{self.name} gives probabilities that add up to 1, and no logits: say so, or "
                "leave it open (--kind probabilities)."
            )
        if self._by_logarithms(kind):
            end = _END_OF[kind]
            note = (
                f"No {end} is found at its end, and its outputs are what one gives: logarithms of "
                f"these probabilities are explained in place of logits; their {end} is what the "
                "file gives."
            )
            self.checks.append(ModelCheck("outputs", True, note))
        if kind == "logits" and _is_unit(said):
            note = (
                "All outputs on drawn pictures lie between 0 and 1: if they are bounded, they are "
                "no logits (--kind sigmoid|values)."
            )
            self.checks.append(ModelCheck("outputs", False, note))

    def _by_logarithms(self, kind: Outputs) -> bool:
        """Whether logarithms of probabilities stand in for logits that are not in the graph."""
        return kind in _END_OF and not self.told["end"]

    def _classes(self, kind: Outputs) -> tuple[tuple[str, ...], bool]:
        inside = self.file.classes
        if inside and not self.choices.classes:
            expected = 2 if kind == "binary" else self.n
            fits = len(inside) == expected
            note = (
                "Its outputs are named as the file names them."
                if fits
                else f"The file names {len(inside)} classes, and has {expected}: names left out."
            )
            self.checks.append(ModelCheck("classes", fits, note))
            if fits:
                return class_names(replace(self.choices, classes=inside), kind, self.n, self.name)
        return class_names(self.choices, kind, self.n, self.name)

    def _range(self) -> tuple[Range, Order | None]:
        found = self._expected()
        range_, order, check = prepared_as(self.choices, found, gain=self.told["gain"])
        self.checks.append(check)
        return range_, order

    def _expected(self) -> Expected | None:
        """Return the range that the first operators take, and which say so."""
        if self.told["type"] == "u8":
            return Expected("0-255", "rgb", True, "It takes whole numbers from 0 to 255")
        scalings = [
            Scaling(np.array(each["a"]), np.array(each["b"]), tuple(each["source"]),
                    self.told["shape"][-1], "")
            for each in self.told["scalings"]
        ]  # fmt: skip
        found = expected(scalings, _formula)
        # Statistics and what was trained behind them are one formula here.
        return found if found is None or found.exact else replace(found, sure=False)

    def _spec(
        self, kind: Outputs, way: tuple[Range, Order | None], classes: tuple[str, ...]
    ) -> ModelSpec:
        layers = tuple(self.told["layers"])
        height, width, channels = self.told["shape"]
        return ModelSpec(
            id=name_of({"name": Path(self.name).stem}, "model"), name=self.name, builder="",
            input_size=(height, width, channels), preprocessing=affine(*way),
            feature_layer=layers[-1] if layers else "", layers=layers, gradients=False,
            features=bool(layers), n_parameters=int(self.told["numbers"]), paper="", licence="",
            summary="", n_classes=len(classes), labels=classes, runtime=OwnForward.id, outputs=kind,
        )  # fmt: skip

    def _same(
        self, passes: FileForward, raw: Array, said: npt.NDArray[Any], spec: ModelSpec
    ) -> None:
        """Compare what is run here with what the file itself answered."""
        logits = passes.run(_pixels(raw, spec), (LOGITS,))[0]
        apart_by = difference(said, logits, spec)
        close = self.close
        if not apart_by <= close:
            raise ModelFileError(
                f"{self.name}: what is run here differs by {apart_by:.2g} from what OpenVINO makes "
                "of the file, so it is not taken. Please report it with the list of its operators: "
                f"{', '.join(self.told['operators'])[:300]}."
            )
        grid = f"; the file rounds its answers to steps of {close:.1g}" if close > CLOSE else ""
        note = (
            f"On {len(raw)} pictures it answers as OpenVINO does from the file itself (largest "
            f"difference {apart_by:.1e}{grid})."
        )
        self.checks.append(ModelCheck("same_as_openvino", True, note))

    def _tokens(self) -> None:
        """Say where a transformer has its tokens."""
        if self.told["tokens"]:
            name, height, width, before = self.told["tokens"]
            read = next((each for each in self.told["layers"] if each.endswith(f":{TOKENS}")), "")
            note = (
                f"{name!r} holds {height} × {width} tokens"
                + (f" behind {before} of their own" if before else "")
                + ": a transformer; maps read "
                + (f"{read!r}." if read else "its layers with height and width alone.")
            )
            self.checks.append(ModelCheck("tokens", True, note))

    def _facts(self, spec: ModelSpec, named: bool) -> ModelFacts:
        height, width, channels = spec.input_shape
        return ModelFacts(
            name=self.name, format=self.file.format, file_sha256=self.sha256, height=height,
            width=width, channels=channels, range=_range_of(spec), order=spec.preprocessing.order,
            output=self.told["output"], outputs=tuple(self.told["outputs"]), kind=spec.outputs,
            classes=tuple(spec.labels), named=named, gradients=False, features=spec.features,
            layers=spec.layers, feature_layer=spec.feature_layer,
            n_parameters=spec.n_parameters, checks=tuple(self.checks), layout=self.told["layout"],
        )  # fmt: skip


def _is_unit(said: npt.NDArray[Any]) -> bool:
    return bool(said.min() >= -_SUM and said.max() <= 1 + _SUM)


def _add_up_to_one(said: npt.NDArray[Any]) -> bool:
    return said.shape[1] > 1 and _is_unit(said) and np.allclose(said.sum(axis=1), 1, atol=_SUM)


def _range_of(spec: ModelSpec) -> Range:
    return next(
        each for each in RANGES
        if spec.preprocessing in (affine(each, "rgb"), affine(each, "bgr"))
    )  # fmt: skip


def _pixels(raw: Array, spec: ModelSpec) -> Array:
    """Return the pixels that are prepared to ``raw``."""
    said = spec.preprocessing.of(spec.input_shape[-1])
    mean, scale = (np.asarray(each, np.float64) for each in (said.mean, said.scale))
    pixels = (raw * scale + mean) / 255
    return np.asarray(pixels[..., ::-1] if said.order == "bgr" else pixels, np.float32)


def _formula(found: Sequence[Scaling]) -> str:
    """Return what first operators do to pixels, for sentences."""
    last = found[-1]
    turned = ", channels turned round" if last.source == (2, 1, 0) else ""
    return f"× {_numbers(last.a)} + {_numbers(last.b)}{turned}"


def _numbers(values: npt.NDArray[Any]) -> str:
    each = [f"{value:.4g}" for value in values]
    return each[0] if len(set(each)) == 1 else f"[{', '.join(each)}]"
