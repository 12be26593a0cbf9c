"""The work behind an :class:`OwnModelRequest`: a model's file as a model of the zoo.

What is published is a safetensors file of our own: the weights, and the cleaned description of the
network beside them; or a graph as OpenVINO writes it. So the file's hash names what the model
computes.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.contracts import (
    ModelCheck,
    ModelFacts,
    ModelRef,
    OwnModelRequest,
    PreprocessingTrial,
    Run,
)
from core.errors import InputError, ModelFileError, StoreError
from core.models.device import describe_device
from core.models.own_graph import tagged
from core.models.reading.formats import digest
from core.models.runtime import Runtime
from core.own_models.inspecting import opened
from core.own_models.understood import Understood, difference, prepared
from core.runs import WEIGHTS, delete_run, file_facts, publish, unfinished_root
from core.workspace import open_store

if TYPE_CHECKING:
    from core.control import Control

__all__ = ["take_in"]

_N = 4


def take_in(requests: Sequence[OwnModelRequest], control: Control) -> list[Run]:
    """Open each file, check it and publish it as a run.

    Raises
    ------
    InputError
        If a file has changed, or is refused; nothing is published.
    StoreError
        If the disk is full.
    """
    results = []
    for request in requests:
        control.check()
        control.progress(0.1, "opening the file")
        results.append(_one(request))
    return results


def _one(request: OwnModelRequest) -> Run:
    began = time.perf_counter()
    file = Path(request.file)
    if not file.exists() or digest(file) != request.file_sha256:
        raise ModelFileError(f"{file.name} is gone or has changed since this was asked: ask again.")
    with opened(file, request.choices) as found:
        folder = unfinished_root() / request.key
        try:
            shutil.rmtree(folder, ignore_errors=True)  # of a process that was killed
            folder.mkdir(parents=True)
            return _published(request, found, folder, began)
        except OSError as error:
            raise StoreError(f"Cannot keep the model: {error.strerror or error}.") from error
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _published(request: OwnModelRequest, found: Understood, folder: Path, began: float) -> Run:
    from safetensors.numpy import save_file

    facts = _as_looked(request, found.facts)
    declared = {
        "input": [facts.height, facts.width, facts.channels],
        "preprocessing": asdict(found.spec.preprocessing),
        "outputs": facts.kind,
        "layers": list(facts.layers),
        "attention": facts.attention,
    }
    save_file(dict(found.tensors()), folder / WEIGHTS, tagged({**found.described, **declared}))
    digest, size = file_facts(folder / WEIGHTS)
    square = facts.height == facts.width and facts.channels == 3
    run = Run(
        key=request.key,
        model=request.model_id,
        weights_sha256=digest,
        device=describe_device(),
        versions=request.versions,
        seconds=time.perf_counter() - began,
        origin="imported",
        name=request.name,
        architecture=found.architecture,
        input_size=facts.height if square else (facts.height, facts.width, facts.channels),
        n_parameters=facts.n_parameters,
        classes=facts.classes,
        dataset="",
        data_fingerprint="",
        recipe="",
        base="",
        parameters={},
        seed=0,
        history=(),
        best_epoch=0,
        test=None,
        notes=(*(check.note for check in facts.checks), *_besides(request)),
        created=time.time(),
        file=WEIGHTS,
        bytes=size,
        command=request.command,
        facts={
            "file_sha256": request.file_sha256, "format": facts.format, "range": facts.range,
            "declared": json.dumps(declared, sort_keys=True),
            "understood": json.dumps(facts.document()),
            **{k: v for k, v in request.facts.items() if k != "looked"},
        },
    )  # fmt: skip
    publish(folder, run)
    _check_kept(run, found)
    return run


def _check_kept(run: Run, found: Understood) -> None:
    """Load what was kept as every page will, and compare it with the file itself.

    Raises
    ------
    ModelFileError
        If it answers otherwise: nothing is kept then.
    """
    kept = Runtime(ModelRef(run.model), store=open_store(), exported=False)
    pixels = np.random.default_rng(1).random((_N, *kept.spec.input_shape), dtype=np.float32)
    try:
        apart = difference(found.said(prepared(pixels, kept.spec)), kept.logits(pixels), kept.spec)
    except InputError:
        delete_run(run.model)
        raise
    if not apart <= found.close:
        delete_run(run.model)
        raise ModelFileError(
            f"{run.name}: what was kept answers otherwise than the file (by {apart:.2g}), so it is "
            "not taken. Please report it with the file's layers."
        )


def _as_looked(request: OwnModelRequest, facts: ModelFacts) -> ModelFacts:
    """Return facts with what labelled pictures told before: the doubts are kept too."""
    looked = json.loads(request.facts.get("looked", "{}"))
    if not looked:
        return facts
    told = tuple(ModelCheck(**each) for each in looked["checks"])
    kept = tuple(each for each in facts.checks if each.id != "preprocessing")
    rows = tuple(PreprocessingTrial(**each) for each in looked["preprocessing"])
    return replace(facts, checks=(*told, *kept), preprocessing=rows)


def _besides(request: OwnModelRequest) -> list[str]:
    """Return what else is to be known of a model."""
    found = []
    if "trusted" in request.facts:
        found.append(
            f"Its own code ({request.facts['trusted']}) was run once, when it was taken in; what "
            "is kept is the graph that came of it, and no code."
        )
    if "samples" in request.facts:
        found.append(
            "Labelled pictures came along with it, and pages open on them. Whether it was trained "
            "on them the file does not say: if so, they flatter it."
        )
    return found
