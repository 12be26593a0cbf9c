"""Models of one's own in the zoo: the network as a builder, the run as a spec; no TensorFlow."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.contracts import Run
from core.errors import WeightsError
from core.models.spec import Affine, Builder, ModelSpec
from core.runs import run_folder

__all__ = ["OWN", "OwnNetwork", "described_spec", "description", "own_spec", "tagged"]

OWN = "own graph"
"""What runs name as the architecture of a model that brings its own."""

_TAG = "pellucid"


@dataclass(frozen=True)
class OwnNetwork:
    """Builds the graph that a run's file describes; equal for equal files.

    Parameters
    ----------
    file : str
        A safetensors file that holds the cleaned description beside the weights.
    """

    file: str

    def __call__(self, inputs: Any, n_classes: int) -> Any:
        """Return the network behind ``inputs``, its weights 0 until they are filled in."""
        from core.models.reading.config import clean
        from core.models.reading.rebuild import built, flat

        del n_classes
        path = Path(self.file)
        told = description(path)
        # Cleaned again: a home may be shared, and this file with it.
        config = clean(told["config"], path.name)
        model = built(config, numbers=path.stat().st_size // 2 + 10_000, where=path.name)
        return flat(model, inputs, output=int(told["output"]))


def description(path: Path) -> dict[str, Any]:
    """Return what a run's file says of its network.

    Raises
    ------
    WeightsError
        If it says nothing.
    """
    from safetensors import safe_open

    with safe_open(path, "numpy") as file:
        said = (file.metadata() or {}).get(_TAG)
    if said is None:
        raise WeightsError(f"{path.name} does not describe its network: import the model again.")
    found: dict[str, Any] = json.loads(said)
    return found


def tagged(told: Mapping[str, Any]) -> dict[str, str]:
    """Return what a safetensors file carries of a network."""
    return {_TAG: json.dumps(told, sort_keys=True)}


def own_spec(run: Run) -> ModelSpec:
    """Return the spec of a model that was taken in from its file."""
    return described_spec(run, builder=OwnNetwork(str(run_folder(run.model) / run.file)))


def described_spec(
    run: Run, *, builder: str | Builder, runtime: str = "keras", gradients: bool = True
) -> ModelSpec:
    """Return the spec of a model of one's own, as its run declares it.

    Parameters
    ----------
    builder : str or callable
        Of its network; ``""`` for none.
    runtime : str
        What its file is.
    gradients : bool
        Whether it has any.
    """
    declared: dict[str, Any] = json.loads(str(run.facts["declared"]))
    said = declared["preprocessing"]
    layers = tuple(declared["layers"])
    return ModelSpec(
        id=run.model,
        name=run.name,
        builder=builder,
        input_size=run.input_size,
        preprocessing=Affine(tuple(said["mean"]), tuple(said["scale"]), said["order"]),
        feature_layer=layers[-1] if layers else "",
        layers=layers,
        gradients=gradients,
        features=bool(layers),
        attention=gradients and bool(declared.get("attention")),
        n_parameters=run.n_parameters,
        paper="",
        licence="your own",
        summary="A model of your own, from its file.",
        n_classes=len(run.classes),
        labels=run.classes,
        weights_path=str(run_folder(run.model) / run.file),
        weights_digest=run.weights_sha256,
        runtime=runtime,
        offline=True,
        outputs=declared["outputs"],
        origin="imported",
        trained_on=str(run.facts.get("samples", "")),
    )
