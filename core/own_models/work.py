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
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from core.contracts import OwnModelRequest, Run
from core.errors import ModelFileError, StoreError
from core.models.device import describe_device
from core.models.own_graph import tagged
from core.models.reading.formats import digest
from core.own_models.inspecting import opened
from core.own_models.understood import Understood
from core.runs import WEIGHTS, file_facts, publish, unfinished_root

if TYPE_CHECKING:
    from core.control import Control

__all__ = ["take_in"]


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

    facts = found.facts
    declared = {
        "input": [facts.height, facts.width, facts.channels],
        "preprocessing": asdict(found.spec.preprocessing),
        "outputs": facts.kind,
        "layers": list(facts.layers),
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
            "understood": _understood(request, found),
            **{k: v for k, v in request.facts.items() if k != "preprocessing"},
        },
    )  # fmt: skip
    publish(folder, run)
    return run


def _understood(request: OwnModelRequest, found: Understood) -> str:
    """Return what the command line prints of a model, with what labelled pictures told before."""
    told = found.facts.document()
    rows = json.loads(request.facts.get("preprocessing", "[]"))
    return json.dumps(told | {"preprocessing": rows})


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
