"""The session's choice and the address: whatever does not fit is left out and said.

How a :class:`~dashboard.state.Choice` is spelled stands here and not in its annotations: services
take choices, and what an address may name is the services' to say.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from core.contracts import DEFAULT_METHOD, GEOMETRIES
from core.errors import InputError
from dashboard import query, services, suitable
from dashboard.dataset_pictures import LONGEST_ID
from dashboard.query import Asked, Spelling, cut
from dashboard.spellings import listed, one_of, parameters, wholes
from dashboard.state import Choice
from dashboard.words import error_words

__all__ = ["read", "to_query"]

_PARAMETER = "p."


def read(
    address: Mapping[str, str], *, only: Collection[str] | None = None
) -> tuple[Choice, list[str]]:
    """Return the choice that an address describes, and a sentence for each part left out.

    Parameters
    ----------
    address : mapping of str to str
        The parameters of the address; a stranger's text.
    only : collection of str, optional
        Those that the page takes from it; all by default.

    Returns
    -------
    choice : Choice
        Valid in every part, except that its picture may be gone.
    problems : list of str
        Plain text, to be escaped.
    """
    return query.read(Choice, _part(address, only), spellings=_SPELLINGS)


def to_query(choice: Choice, *, only: Collection[str] | None = None) -> dict[str, str]:
    """Return the choice, or ``only`` parts of it, as the parameters of the page's address."""
    return _part(query.write(choice, spellings=_SPELLINGS), only)


def _part(address: Mapping[str, str], only: Collection[str] | None) -> dict[str, str]:
    return {name: text for name, text in address.items() if only is None or name in only}


def _model(asked: Asked) -> str:
    models = tuple(services.models())
    return str(one_of(models).read(asked.otherwise(models[0])))


def _picture(asked: Asked) -> str:
    proposed = suitable.default_picture(asked.found["model"])
    return asked.query.get(asked.name, proposed)[:LONGEST_ID]


def _method(asked: Asked) -> str:
    offered = services.offered(services.model(asked.found["model"]))
    ids = sorted(offered, key=lambda id: id != DEFAULT_METHOD)  # the default first, the rest kept
    return str(one_of(ids).read(asked.otherwise(ids[0])))


def _class(asked: Asked) -> int | None:
    text = asked.query.get(asked.name, "auto")[:80]
    if text == "auto":
        return None
    try:
        return services.find_class(asked.found["model"], text).index
    except InputError as error:
        asked.problems.append(f"{asked.name}={text}: {error_words(error)}")
        return None


def _against(asked: Asked) -> int | None:
    found = _class(asked)
    if found is not None and found == asked.found["target"]:
        asked.problems.append(
            "The address holds a class against itself: that difference is always 0."
        )
        return None
    return found


def _layer(asked: Asked) -> str | None:
    text, card = asked.text, services.model(asked.found["model"])
    uses_layer = services.method(asked.found["method"]).uses_layer
    if text is None or not uses_layer or text == card.feature_layer:
        return None
    if text not in card.layers:
        asked.problems.append(
            f"{card.name} offers no layer {text[:60]}. Known: {', '.join(card.layers)}."
        )
        return None
    return text


def _compared(asked: Asked) -> tuple[str, ...]:
    if asked.query.get("compare") == "methods":
        return tuple(listed(lambda _: services.methods()).read(asked))
    names = services.class_names(asked.found["model"])
    return tuple(map(str, wholes(lambda _: len(names) - 1).read(asked)))


_SPELLINGS: dict[str, Spelling] = {
    "model": Spelling(_model).always(),
    "picture": Spelling(_picture).always(),
    "method": Spelling(_method).always(),
    "target": Spelling(_class, lambda i: "auto" if i is None else str(i)).always(),
    "against": Spelling(_against),
    "geometry": one_of(GEOMETRIES).called("framing"),
    "layer": Spelling(_layer),
    "parameters": parameters(_PARAMETER, lambda asked: services.method(asked.found["method"])),
    "compare": one_of(("", "methods", "classes")),
    "compared": Spelling(
        _compared, name="with", when=lambda choice: bool(choice.compare and choice.compared)
    ),
    "metrics": listed(lambda _: services.metrics()),
    "mask": cut(16),
}
