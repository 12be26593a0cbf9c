"""From the page's address to a choice: whatever does not fit is left out and said."""

from __future__ import annotations

from collections.abc import Mapping

from core.contracts import DEFAULT_METHOD, GEOMETRIES
from core.errors import InputError
from dashboard import services, suitable
from dashboard.address_parts import class_indices, listed, one_of, values
from dashboard.dataset_pictures import LONGEST_ID
from dashboard.state import PARAMETER, Choice, Comparison
from dashboard.words import error_words

__all__ = ["read"]

_COMPARISONS: tuple[Comparison, ...] = ("", "methods", "classes")


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
    models = tuple(services.models())
    model = one_of(query, "model", models, models[0], problems)
    method = _method(query, model, problems)
    card = services.method(method)
    names = len(services.class_names(model))
    target = _class_index("target", query, model, problems)
    against = _class_index("against", query, model, problems)
    if against is not None and against == target:
        problems.append("The address holds a class against itself: that difference is always 0.")
        against = None
    choice = Choice(
        picture=query.get("picture", suitable.default_picture(model))[:LONGEST_ID],
        model=model,
        geometry=one_of(query, "framing", GEOMETRIES, GEOMETRIES[0], problems),
        method=method,
        target=target,
        against=against,
        layer=_layer(query, model, method, problems),
        parameters=values(query, PARAMETER, card.parameters, problems, owner=card.name),
        compare=one_of(query, "compare", _COMPARISONS, "", problems),
        compared=_compared(query, names, problems),
        metrics=listed(query, "metrics", services.metrics(), problems),
        mask=query.get("mask", "")[:16],
    )
    return choice, problems


def _method(query: Mapping[str, str], model: str, problems: list[str]) -> str:
    offered = services.offered(services.model(model))
    ids = sorted(offered, key=lambda id: id != DEFAULT_METHOD)  # the default first, the rest kept
    return one_of(query, "method", ids, ids[0], problems)


def _class_index(
    name: str, query: Mapping[str, str], model: str, problems: list[str]
) -> int | None:
    text = query.get(name, "auto")[:80]
    if text == "auto":
        return None
    try:
        return services.find_class(model, text).index
    except InputError as error:
        problems.append(f"{name}={text}: {error_words(error)}")
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


def _compared(query: Mapping[str, str], n_classes: int, problems: list[str]) -> tuple[str, ...]:
    if query.get("compare") == "methods":
        return listed(query, "with", services.methods(), problems)
    return tuple(map(str, class_indices(query, "with", n_classes, problems)))
