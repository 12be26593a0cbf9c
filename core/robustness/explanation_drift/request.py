"""Follow prediction, map and evidence of one picture under growing ε."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Unpack

from core.contracts import ExplanationDriftRequest, Norm, OpenedSource
from core.errors import InputError, ParameterError
from core.models import zoo
from core.options.model import class_of
from core.parameters import resolve
from core.robustness.attacks.registry import ATTACKS
from core.robustness.epsilons import AUTO, epsilons
from core.robustness.norms import ball
from core.robustness.request import checked_attack, chosen_goal
from core.robustness.sweep import default_eps_grid
from core.saliency.request import ExplainOptions, explanation_request
from core.signatures import signature_from

__all__ = ["explanation_drift_request", "ExplanationDriftOptions"]


class ExplanationDriftOptions(ExplainOptions, total=False):
    """Of :func:`~core.requests.explanation_drift_request`."""

    attack: str | None
    attack_parameters: Mapping[str, object] | None
    norm: Norm
    eps: str | Sequence[float | str]
    towards: str | None


EXPLANATION_DRIFT_VERSION = "1"
"""Raise it when a change of the code changes what the same request leads to."""

MOST_EPSILONS = 24

_LEVELS = (0.25, 0.5, 1, 1.5, 2, 3, 4, 6, 8, 12, 16)
"""Of 255: undefended models fall within the first, defended ones within the last."""

_EPS_STEPS = 8


@signature_from(explanation_request, without=("against",))
def explanation_drift_request(
    picture: OpenedSource,
    *,
    attack: str | None = None,
    attack_parameters: Mapping[str, object] | None = None,
    norm: Norm = "linf",
    eps: str | Sequence[float | str] = AUTO,
    towards: str | None = None,
    **options: Unpack[ExplainOptions],
) -> ExplanationDriftRequest:
    """Describe the work of attacking one picture with growing ε, its map followed.

    Parameters
    ----------
    picture : Picture
        As :func:`open_picture` returns it, or the source of another modality.
    attack : str, optional
        Id; PGD by default, Square where the model gives no gradients.
    attack_parameters : mapping of str to object, optional
        Values for the attack's parameters; defaults for the rest.
    norm : {"linf", "l2", "l1", "area"}
        Which ε is measured in.
    eps : str or sequence
        ``"1/255,4/255"``, numbers, or ``"auto"``; at most 24.
    towards : str, optional
        What the attack is after, as ``target`` of :func:`robustness_request`: any other class by
        default.
    **options
        As in :func:`explanation_request`, except ``against``.

    Returns
    -------
    ExplanationDriftRequest

    Raises
    ------
    InputError
        For an unknown name, an ε that cannot be meant, or an attack or a method that the norm or
        the model does not have.
    """
    ball(norm)
    if options.pop("against", None) is not None:
        raise InputError("An attack is followed by the map of one class: leave the second one out.")
    explained = explanation_request(picture, **options)
    spec = zoo.get(explained.model.id)
    goal = chosen_goal(towards, explained.model, spec)
    name = attack or _default(norm, spec)
    chosen = checked_attack(name, norm, spec, goal.offer(spec.offer))
    n_values = prod(spec.input_shape)
    grid = epsilons(eps, norm=norm, n_values=n_values) or _grid(norm, n_values)
    if len(grid) > MOST_EPSILONS:
        raise ParameterError(f"Give at most {MOST_EPSILONS} ε. Received: {len(grid)}.")
    return ExplanationDriftRequest(
        model=explained.model,
        weights_sha256=explained.weights_sha256,
        versions=explained.versions
        | {"explanation_drift": EXPLANATION_DRIFT_VERSION}
        | ATTACKS.versions(chosen.id),
        seed=explained.seed,
        input=explained.input,
        attack=chosen.id,
        attack_parameters=resolve(chosen.parameters, attack_parameters or {}, owner=chosen.id),
        norm=norm,
        epsilons=grid,
        method=explained.method,
        parameters=explained.parameters,
        target=class_of(explained),
        layer=explained.layer,
        towards=goal.text,
    )


def _default(norm: Norm, spec: zoo.ModelSpec) -> str:
    wanted = "pgd" if spec.gradients else "square"
    able = [name for name, attack in ATTACKS.items() if norm in attack.norms]
    return wanted if wanted in able else able[0]


def _grid(norm: Norm, n_values: int) -> tuple[float, ...]:
    if norm == "linf":
        return tuple(level / 255 for level in _LEVELS)
    return default_eps_grid(norm, n_values)[:_EPS_STEPS]
