"""What goes with what, and what installed packages bring that cannot be used."""

from __future__ import annotations

from typing import Any, Literal

from core.comparison.drift_paths import PATHS
from core.contracts import ModelCard
from core.data.registry import DATASETS
from core.evidence.registry import METRICS
from core.modalities import registry as kinds
from core.modalities.capabilities import lack
from core.models import zoo
from core.models.spec import offered
from core.registry import Registry
from core.robustness.attacks.registry import ATTACKS
from core.robustness.certificates.registry import CERTIFIERS
from core.robustness.corruptions.registry import CORRUPTIONS
from core.saliency.registry import METHODS
from core.shapley.registry import EXPLAINERS
from core.targets import registry as targets

__all__ = ["broken_plugins", "lacking", "PluginKind", "Served"]

PluginKind = Literal["models", "methods", "metrics", "attacks", "datasets", "modalities", "targets"]

_REGISTRIES: dict[str, Registry[Any]] = {
    "methods": METHODS, "metrics": METRICS, "attacks": ATTACKS, "datasets": DATASETS,
    "modalities": kinds.MODALITIES, "targets": targets.TARGETS,
}  # fmt: skip

Served = Literal[
    "methods", "metrics", "attacks", "explainers", "certifiers", "corruptions", "paths"
]

_SERVED: dict[Served, Registry[Any]] = {
    "methods": METHODS, "metrics": METRICS, "attacks": ATTACKS, "explainers": EXPLAINERS,
    "certifiers": CERTIFIERS, "corruptions": CORRUPTIONS, "paths": PATHS,
}  # fmt: skip


def lacking(kind: Served, id: str, model: ModelCard) -> str:
    """Return what a model lacks for a method, an attack or another thing that it would serve.

    Parameters
    ----------
    kind : {"methods", "metrics", "attacks", "explainers", "certifiers", "corruptions", "paths"}
    id : str
        Of the method, the attack, ….
    model : ModelCard

    Returns
    -------
    str
        To follow the model's name: "has no gradients"; empty if it lacks nothing.

    Raises
    ------
    UnknownNameError
        If there is none of this id.
    """
    offer = offered(model)
    of_output = targets.alone(offer)().offer(offer)
    return lack(_SERVED[kind].find(id).needs, of_output.has)


def broken_plugins(kind: PluginKind) -> tuple[str, ...]:
    """Return what installed packages bring that cannot be used, one sentence each: what, and why.

    Everything else works without them.

    Parameters
    ----------
    kind : {"models", "methods", "metrics", "attacks", "datasets", "modalities"}
        What packages bring.

    Returns
    -------
    tuple of str
        None where everything works.
    """
    if kind == "models":
        return tuple(map(str, zoo.broken()))
    return tuple(map(str, _REGISTRIES[kind].broken))
