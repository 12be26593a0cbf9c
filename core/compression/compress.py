"""The work behind a :class:`~core.contracts.CompressRequest`: a smaller model of the zoo.

The file that is audited is the file that would be shipped: a form writes it, it is opened again as
pages will open it, and held against its twin on pictures that it was not calibrated with: size,
latency, the share of equal answers, and the accuracy of every group. How files are made and run,
and why so: :mod:`core.compression.litert`, :mod:`core.compression.prune`, :mod:`core.models.lite`.
"""

from __future__ import annotations

import shutil
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.compression import compressors
from core.compression.calibration_data import CalibrationData, open_calibration_data
from core.compression.compare_compressed import Comparison, compare_compressed
from core.compression.task import Compressed, Task
from core.contracts import CompressRequest, Run
from core.control import PartControl
from core.errors import StoreError
from core.models.device import describe_cpu
from core.models.fingerprint import weights_path
from core.models.runtime import Runtime, runtime_of
from core.runs import file_facts, finished_runs, publish, unfinished_root

if TYPE_CHECKING:
    from core.control import Control

__all__ = ["compress"]

_FLOAT32 = 4


def compress(requests: Sequence[CompressRequest], control: Control) -> list[Run]:
    """Make each request's smaller model, measure it against its twin, and publish it as a run.

    Raises
    ------
    InputError
        If the pictures have changed since the request was made, or the model has an operation that
        the form cannot express.
    Cancelled
        Between steps; nothing is kept.
    StoreError
        If the disk is full.
    """
    return [_one(request, control) for request in requests]


def _one(request: CompressRequest, control: Control) -> Run:
    began = time.perf_counter()
    control.progress(0.0, "opening the model and the pictures")
    twin = runtime_of(request)
    calibration_data = open_calibration_data(
        request.data, request.fingerprint, twin.classes,
        size=twin.spec.side, seed=request.seed,
    )  # fmt: skip
    folder = unfinished_root() / request.key
    try:
        shutil.rmtree(folder, ignore_errors=True)  # of a process that was killed
        folder.mkdir(parents=True)
        task = Task(twin, calibration_data, request.parameters, request.seed, folder, control)
        made = compressors.COMPRESSORS.find(request.form)().make(task)
        control.check()
        comparison = compare_compressed(
            twin,
            made.forward,
            calibration_data,
            PartControl(control, 0.75, 1.0, "comparing with the twin"),
        )
        run = _run(request, twin, calibration_data, made, comparison, folder, began)
        publish(folder, run)
    except OSError as error:
        raise StoreError(f"Cannot write the smaller model: {error.strerror or error}.") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return run


def _run(
    request: CompressRequest, twin: Runtime, calibration_data: CalibrationData, made: Compressed,
    comparison: Comparison, folder: Path, began: float,
) -> Run:  # fmt: skip
    form, file = compressors.COMPRESSORS.find(request.form), folder / made.file
    digest, size = file_facts(file)
    origin = finished_runs().get(request.model.id)
    before = _twin_file(twin)
    sizes: dict[str, float | int | str | bool] = {
        "bytes_before": _FLOAT32 * twin.network().model.count_params()
        if before is None
        else before.stat().st_size,
        "bytes_after": size,
        "packed_bytes_after": _packed(file, folder),
        "calibration_pictures": len(calibration_data.calibration),
    }
    if before is not None:
        sizes["packed_bytes_before"] = _packed(before, folder)
    evaluated = calibration_data.labels is not None and calibration_data.train is not None
    return Run(
        key=request.key,
        model=request.model_id,
        weights_sha256=digest,
        device=describe_cpu(made.forward.arithmetic),
        versions=request.versions,
        seconds=time.perf_counter() - began,
        origin="compressed",
        name=f"{twin.spec.name}, {form.words(request.parameters)}",
        architecture=request.model.id if origin is None else origin.architecture,
        input_size=twin.spec.side,
        n_parameters=twin.spec.n_parameters,
        classes=twin.classes.labels,
        dataset=request.data_text if evaluated else "",
        data_fingerprint=request.fingerprint,
        recipe=form.id,
        base="",
        parameters=request.parameters,
        seed=request.seed,
        history=(),
        best_epoch=0,
        test=comparison.test,
        notes=(*made.notes, *_told(calibration_data)),
        created=time.time(),
        file=made.file,
        bytes=size,
        command=request.command,
        format=form.format,
        twin=request.model.id,
        facts=sizes | comparison.facts | made.facts,
        twin_test=comparison.twin_test,
    )


def _told(calibration_data: CalibrationData) -> tuple[str, ...]:
    if calibration_data.labels is not None:
        return ()
    return (
        f"The pictures of {calibration_data.name} carry no labels of this model's classes: it was "
        "held against its twin, not against the truth.",
    )


def _twin_file(twin: Runtime) -> Path | None:
    path = weights_path(twin.ref)
    return path if path is not None and path.is_file() else None


def _packed(file: Path, folder: Path) -> int:
    """Return the bytes of a file in a zip archive: what zeros and rounding save on the way."""
    archive = folder / "packed.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.write(file, file.name)
    size = archive.stat().st_size
    archive.unlink()
    return size
