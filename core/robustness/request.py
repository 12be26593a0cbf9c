"""Attack the pictures of a dataset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

from core.contracts import DEFAULT_MODEL, ModelRef, Norm, RobustnessRequest, SplitName, Value
from core.data.registry import open_dataset
from core.errors import CapabilityError, InputError
from core.modalities.capabilities import Offer, lack, require
from core.models import zoo
from core.models.labels import class_names
from core.models.runtime import identify
from core.options.labelled import SlicedOptions, attribute, class_map, reference, sliced
from core.options.model import model_fields
from core.parameters import resolve
from core.robustness.attacks.base import Attack
from core.robustness.attacks.goals import AttackGoal, read_goal
from core.robustness.attacks.registry import ATTACKS, get_for
from core.robustness.epsilons import AUTO, epsilons
from core.robustness.norms import ball

__all__ = ["robustness_request", "RobustnessOptions"]


class RobustnessOptions(SlicedOptions, total=False):
    """Of :func:`~core.requests.robustness_request`."""

    attacks: Sequence[str] | None
    parameters: Mapping[str, Mapping[str, object]] | None
    norm: Norm
    eps: str | Sequence[float | str]
    rounding: bool
    checks: bool
    surrogate: str | None
    target: str | None


ROBUSTNESS_VERSION = "2"
"""Raise it when a change of the code changes what the same request leads to."""

_Attacks = Mapping[str, Mapping[str, Value]]

_STRONG: _Attacks = {
    "fgsm": {},
    "apgd_ce": {},
    "apgd_dlr": {"steps": 60, "classes": 3},
    "fab": {"steps": 20, "classes": 3},
    "uniform_noise": {},
}
"""Chosen on 350 of the test portraits, where APGD-CE, APGD-T and FAB at their full lengths break,
together, 0.3 points more (``portraits_fair``) and 0.9 (``portraits_robust``); without FAB and with
60 steps of APGD-CE: 1.4 and 1.5. ``benchmarks/robustness_defaults.py`` measures other portraits.
"""

_WITH_GRADIENTS: Mapping[Norm, _Attacks] = {
    "linf": _STRONG,
    "l2": _STRONG,
    "l1": {"pgd": {"steps": 100, "relative_step": 0.05, "restarts": 2}, "uniform_noise": {}},
    "area": {"patch": {}},
}

_WITHOUT: _Attacks = {"square": {}, "uniform_noise": {}}


def robustness_request(
    dataset: str,
    *,
    model: str = DEFAULT_MODEL,
    attacks: Sequence[str] | None = None,
    parameters: Mapping[str, Mapping[str, object]] | None = None,
    norm: Norm = "linf",
    eps: str | Sequence[float | str] = AUTO,
    by: str | None = None,
    slice: str | None = None,
    split: SplitName = "test",
    limit: int | None = None,
    rounding: bool = True,
    checks: bool = True,
    surrogate: str | None = None,
    weights: str = "pretrained",
    classes: str | None = None,
    seed: int | None = None,
    target: str | None = None,
) -> RobustnessRequest:
    """Describe the work of attacking the pictures of a split.

    Parameters
    ----------
    dataset : str
        A dataset's reference, or a plain folder of pictures.
    attacks : sequence of str, optional
        Ids; by default FGSM, APGD on cross-entropy, targeted APGD, FAB and uniform noise, or
        Square and noise where the model gives no gradients.
    parameters : mapping, optional
        Parameters by attack id.
    norm : {"linf", "l2", "l1", "area"}
        Which ε is measured in.
    eps : str or sequence
        ``"1/255,4/255"``, numbers, or ``"auto"``: doubling until nothing is left.
    by : str, optional
        Attribute of the dataset that subgroups are formed by, or ``"class"``.
    slice : str, optional
        Text of a :class:`~core.contracts.Slice`: its pictures alone.
    split : {"train", "validation", "test"}
        Which of its splits.
    limit : int, optional
        So many pictures, drawn from the split or the slice; all of it by default.
    rounding : bool
        Whether pictures rounded to 8 bits are judged as well.
    checks : bool
        Whether the attacks themselves are examined.
    surrogate : str, optional
        Model whose adversarial pictures are tried on this one; by default another one of these
        classes, or of as many where this one's are only numbered. ``""`` for none: gradients are
        then estimated from forward passes.
    target : str, optional
        What attacks are after: ``"untargeted"`` (any wrong class, the default), ``"least-likely"``,
        ``"top-5"`` (the true class is no longer among the first so many), or a class by index or
        name, which pictures of all others shall be taken for. The attacks are examined where they
        are untargeted alone.
    model, weights, classes, seed
        As in :func:`prediction_request`.

    Returns
    -------
    RobustnessRequest

    Raises
    ------
    InputError
        For an unknown name, an ε that cannot be meant, an attack that the norm or the model does
        not have, labels that are no classes of the model, an attribute that is not there, or a
        slice without pictures.
    """
    ball(norm)
    spec = zoo.get(model)
    opened = open_dataset(reference(dataset))
    part = opened.part(split)
    within, n_all = sliced(slice, part)
    n = n_all if limit is None else min(limit, n_all)
    if n < 1:
        raise InputError(f"There is no picture to attack in {opened.ref.text}, split {split}.")
    fields = model_fields(model, weights=weights, classes=classes, seed=seed)
    borrowed = _surrogate(surrogate, spec)
    goal = chosen_goal(target, fields["model"], spec)
    chosen = _attacks(attacks, parameters or {}, norm, spec, goal)
    checks = checks and not goal.text  # they examine how well any wrong class is found
    fields["versions"] = fields["versions"] | {"robustness": ROBUSTNESS_VERSION}
    for attack in chosen:
        fields["versions"] |= ATTACKS.versions(attack)
    if checks and borrowed and zoo.get(borrowed).joined:  # its id does not say what it computes
        fields["versions"] |= {"surrogate": identify(ModelRef(borrowed))}
    return RobustnessRequest(
        **fields,
        dataset=opened.ref,
        fingerprint=opened.fingerprint,
        split=split,
        limit=n,
        attacks=chosen,
        norm=norm,
        epsilons=epsilons(eps, norm=norm, n_values=prod(spec.input_shape)),
        by=attribute(by, part),
        rounding=rounding,
        checks=checks,
        surrogate=borrowed,
        class_map=class_map(opened, fields["model"]),
        slice=within,
        target=goal.text,
    )


def chosen_goal(target: str | None, ref: ModelRef, spec: zoo.ModelSpec) -> AttackGoal:
    """Return what an attack is after, by its text; see :mod:`~core.robustness.attacks.goals`."""
    names = class_names(ref)
    require("An attack", frozenset({"classes"}), spec.offer)
    return read_goal(target, lambda text: names.find(text).index, len(names.labels))


def _attacks(
    asked: Sequence[str] | None,
    parameters: Mapping[str, Mapping[str, object]],
    norm: Norm,
    spec: zoo.ModelSpec,
    goal: AttackGoal,
) -> dict[str, dict[str, Value]]:
    offer = goal.offer(spec.offer)
    proposed = _defaults(norm, spec) if asked is None else {}
    proposed = {
        name: given for name, given in proposed.items()
        if ATTACKS[name].needs & {"one_class"} <= offer.has
    }  # fmt: skip
    names = tuple(proposed) if asked is None else tuple(dict.fromkeys(asked))
    if not names:
        raise InputError(f"Choose at least one attack. Known: {', '.join(ATTACKS)}.")
    unused = sorted(set(parameters) - set(names))
    if unused:
        raise InputError(
            f"There are parameters for {unused[0]!r}, which is not among the attacks asked for: "
            f"{', '.join(names)}."
        )
    chosen = {name: checked_attack(name, norm, spec, offer) for name in names}
    return {
        name: resolve(
            attack.parameters, {**proposed.get(name, {}), **parameters.get(name, {})}, owner=name
        )
        for name, attack in chosen.items()
    }


def checked_attack(
    name: str, norm: Norm, spec: zoo.ModelSpec, offer: Offer | None = None
) -> type[Attack]:
    """Return an attack that the norm has and the model can serve.

    Raises
    ------
    InputError
        If it is unknown, not defined for the norm, or needs gradients that the model lacks.
    """
    attack = get_for(name, norm)
    offer = offer or spec.offer
    able = [n for n, a in ATTACKS.items() if norm in a.norms and not lack(a.needs, offer.has)]
    which = "need none" if "one_class" in offer.has else "can have this target"
    instead = f"Attacks that {which}: {', '.join(able)}." if able else ""
    require(name, attack.needs, offer, instead=instead)
    return attack


def _defaults(norm: Norm, spec: zoo.ModelSpec) -> _Attacks:
    """Return the attacks of a request that names none, with parameters that are not their own."""
    if spec.gradients:
        return _WITH_GRADIENTS[norm]
    able = {name: given for name, given in _WITHOUT.items() if norm in ATTACKS[name].norms}
    return able or _WITH_GRADIENTS[norm]


def _surrogate(asked: str | None, spec: zoo.ModelSpec) -> str:
    if asked is None:
        # A compressed model has no gradients of its own; its twin's are the nearest there are.
        lent = spec.twin if not spec.gradients and spec.twin in zoo.specs() else ""
        able = [s for s in zoo.specs().values() if _serves(s, spec)]
        alike = [s.id for s in able if s.labels == spec.labels != "numbered"]
        # Numbered classes may be the same ones in the same order: the check looks before it tries.
        numbered = [s.id for s in able if spec.labels == "numbered"]
        return next(iter([*filter(None, [lent]), *alike, *numbered]), "")
    if not asked:
        return ""
    other = zoo.get(asked)
    if (
        not other.gradients
        or other.input_shape != spec.input_shape
        or (other.n_classes != spec.n_classes)
    ):
        raise CapabilityError(
            f"A surrogate must give gradients and take inputs of {spec.size_text} for "
            f"{spec.n_classes} classes. Received: {asked}, {other.size_text}, "
            f"{other.n_classes} classes."
        )
    return asked


def _serves(other: zoo.ModelSpec, spec: zoo.ModelSpec) -> bool:
    """Whether pictures can be made on ``other`` for ``spec``, with weights that are at hand."""
    return (
        other.id not in (spec.id, spec.twin)
        and other.offline
        and other.gradients
        and other.input_shape == spec.input_shape
        and other.n_classes == spec.n_classes
    )
