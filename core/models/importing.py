"""The work behind an :class:`~core.contracts.ImportRequest`: somebody's weights as a model here.

The architecture is built here and its weights are filled in; no code, no graph and no pickle of the
file is opened. What is published is a safetensors file of our own.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.contracts import ImportRequest, Run
from core.errors import StoreError, WeightsError
from core.models import zoo
from core.models.assembly import assemble
from core.models.device import describe_device
from core.models.weights import fill, save_safetensors
from core.runs import WEIGHTS, file_facts, publish, unfinished_root

if TYPE_CHECKING:
    from core.control import Control

__all__ = ["import_models"]


def import_models(requests: Sequence[ImportRequest], control: Control) -> list[Run]:
    """Check each file of weights against its architecture and publish it as a run.

    Raises
    ------
    WeightsError
        If the file has changed, does not fit, or holds what is no number; nothing is published.
    StoreError
        If the disk is full.
    """
    results = []
    for request in requests:
        control.check()
        control.progress(0.1, "building the architecture")
        try:
            results.append(_one(request))
        finally:
            if Path(request.file).parent == unfinished_root():  # put there for this alone
                Path(request.file).unlink(missing_ok=True)
    return results


def _one(request: ImportRequest) -> Run:
    began = time.perf_counter()
    file = Path(request.file)
    if not file.is_file() or file_facts(file)[0] != request.file_sha256:
        raise WeightsError(f"{file.name} is gone or has changed since this was asked: ask again.")
    spec = replace(zoo.architecture(request.architecture), input_size=request.input_size)
    model = assemble(spec, len(request.classes))
    fill(model, file, exact=True)
    _refuse_what_is_no_number(model, request)
    folder = unfinished_root() / request.key
    try:
        shutil.rmtree(folder, ignore_errors=True)  # of a process that was killed
        folder.mkdir(parents=True)
        save_safetensors(model, folder / WEIGHTS)
        digest, size = file_facts(folder / WEIGHTS)
        run = Run(
            key=request.key,
            model=request.model_id,
            weights_sha256=digest,
            device=describe_device(),
            versions=request.versions,
            seconds=time.perf_counter() - began,
            origin="imported",
            name=request.name,
            architecture=request.architecture,
            input_size=request.input_size,
            n_parameters=int(model.count_params()),
            classes=request.classes,
            dataset="",
            data_fingerprint="",
            recipe="",
            base="",
            parameters={},
            seed=0,
            history=(),
            best_epoch=0,
            test=None,
            notes=("Preprocessing is the architecture's own here; what these weights were trained "
                   f"with is not in the file. Here: {spec.preprocessing.words}.",),
            created=time.time(),
            file=WEIGHTS,
            bytes=size,
            command=request.command,
            facts={"file_sha256": request.file_sha256},
        )  # fmt: skip
        publish(folder, run)
    except OSError as error:
        raise StoreError(f"Cannot keep the weights: {error.strerror or error}.") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return run


def _refuse_what_is_no_number(model: Any, request: ImportRequest) -> None:
    broken = [v.path for v in model.weights if not np.isfinite(v.numpy()).all()]
    if broken:
        raise WeightsError(
            f"{len(broken)} tensors hold values that are no numbers, first {broken[0]!r}: the "
            "training they come from diverged, or the file is damaged."
        )
    size = request.input_size
    picture = np.random.default_rng(0).random((1, size, size, 3), dtype=np.float32)
    if not np.isfinite(np.asarray(model(picture, training=False))).all():
        raise WeightsError(
            "With these weights a picture leads to logits that are no numbers: a variance below 0 "
            "or absurdly large values are among them."
        )
