"""From the page's address to a choice: whatever does not fit is left out and said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from core.contracts import DEFAULT_METHOD, GEOMETRIES, Value
from core.errors import InputError
from dashboard import services, suitable
from dashboard.dataset_pictures import LONGEST_ID
from dashboard.state import Choice, Comparison, parameter_texts

__all__ = ["read"]

_COMPARISONS: tuple[Comparison, ...] = ("", "methods", "classes")
T = TypeVar("T", bound=str)


def read(query: Mapping[str, str]) -> tuple[Choice, list[str]]:
    """Return the choice that an address describes, and a sentence for each part left out.

    Parameters
    ----------
    query : mapping of str to str
        The parameters of the address; a stranger's text.

    Returns
    -------
    choice : Choice
        Valid in every part, except that its picture may be gone.
    problems : list of str
        Plain text, to be escaped.
    """
    problems: list[str] = []
    model = _one_of("model", query, tuple(services.models()), problems)
    method = _method(query, model, problems)
    names = len(services.class_names(model))
    target = _class_index("target", query, model, problems)
    against = _class_index("against", query, model, problems)
    if against is not None and against == target:
        problems.append("The address holds a class against itself: that difference is always 0.")
        against = None
    choice = Choice(
        picture=query.get("picture", suitable.default_picture(model))[:LONGEST_ID],
        model=model,
        geometry=_one_of("framing", query, GEOMETRIES, problems),
        method=method,
        target=target,
        against=against,
        layer=_layer(query, model, method, problems),
        parameters=_parameters(query, method, problems),
        compare=_one_of("compare", query, _COMPARISONS, problems),
        compared=_compared(query, names),
        metrics=_metrics(query),
        mask=query.get("mask", "")[:16],
    )
    return choice, problems


def _method(query: Mapping[str, str], model: str, problems: list[str]) -> str:
    offered = services.offered(services.model(model))
    ids = sorted(offered, key=lambda id: id != DEFAULT_METHOD)  # the default first, the rest kept
    return _one_of("method", query, tuple(ids), problems)


def _one_of(name: str, query: Mapping[str, str], options: tuple[T, ...], problems: list[str]) -> T:
    """Return the option that the address names; the first one if it names none."""
    text = query.get(name, options[0])
    for option in options:
        if option == text:
            return option
    known = ", ".join(option for option in options if option)
    problems.append(
        f"The address asks for {name}={text[:60]}, which does not exist. Known: {known}."
    )
    return options[0]


def _class_index(
    name: str, query: Mapping[str, str], model: str, problems: list[str]
) -> int | None:
    text = query.get(name, "auto")[:80]
    if text == "auto":
        return None
    try:
        return services.find_class(model, text).index
    except InputError as error:
        problems.append(f"{name}={text}: {error}")
        return None


def _layer(query: Mapping[str, str], model: str, method: str, problems: list[str]) -> str | None:
    text = query.get("layer")
    card = services.model(model)
    if text is None or not services.method(method).uses_layer or text == card.feature_layer:
        return None
    if text not in card.layers:
        problems.append(
            f"{card.name} offers no layer {text[:60]}. Known: {', '.join(card.layers)}."
        )
        return None
    return text


def _parameters(
    query: Mapping[str, str], method: str, problems: list[str]
) -> tuple[tuple[str, Value], ...]:
    given = parameter_texts(query)
    specs = {spec.name: spec for spec in services.method(method).parameters}
    kept: list[tuple[str, Value]] = []
    for name, text in given.items():
        if name not in specs:
            problems.append(f"{services.method(method).name} has no parameter {name[:60]}.")
            continue
        try:
            value = specs[name].parse(text)
        except InputError as error:
            problems.append(str(error))
            continue
        if value != specs[name].default:
            kept.append((name, value))
    return tuple(kept)


def _compared(query: Mapping[str, str], n_classes: int) -> tuple[str, ...]:
    wanted = query.get("with", "").split(",")
    if query.get("compare") == "methods":
        return tuple(dict.fromkeys(text for text in wanted if text in services.methods()))
    indices = (text for text in wanted if text.isdecimal() and int(text) < n_classes)
    return tuple(dict.fromkeys(indices))


def _metrics(query: Mapping[str, str]) -> tuple[str, ...]:
    wanted = query.get("metrics", "").split(",")
    return tuple(dict.fromkeys(id for id in wanted if id in services.metrics()))
