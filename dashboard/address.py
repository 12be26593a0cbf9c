"""The session's choice and the address: whatever does not fit is left out and said.

How a :class:`~dashboard.state.Choice` is spelled stands here and not in its annotations: services
take choices, and what an address may name is the services' to say.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from core.contracts import DEFAULT_METHOD, MethodCard, Parameter, Value
from core.errors import InputError
from dashboard import default_pictures, query, services
from dashboard.dataset_pictures import LONGEST_ID
from dashboard.formatting import error_text
from dashboard.query import Asked, Codec, cut
from dashboard.query_codecs import listed, one_of, parameters, wholes, written_value
from dashboard.state import Choice
from dashboard.views import registry as views

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
        Fields of the choice that the page takes from it; all by default.

    Returns
    -------
    choice : Choice
        Valid in every part, except that its picture may be gone.
    problems : list of str
        Plain text, to be escaped.
    """
    taken = {
        field: codec if only is None or field in only else _untold(codec)
        for field, codec in _CODECS.items()
    }
    return query.read(Choice, address, codecs=taken)


def to_query(choice: Choice, *, only: Collection[str] | None = None) -> dict[str, str]:
    """Return the choice, or ``only`` fields of it, as the parameters of the page's address."""
    taken = {f: s for f, s in _CODECS.items() if only is None or f in only}
    return query.write(choice, codecs=taken)


def _untold(codec: Codec) -> Codec:
    """Return the spelling of a field that an address says nothing of."""
    return replace(codec, read=lambda asked: codec.read(replace(asked, query={})))


def _model(asked: Asked) -> str:
    models = tuple(services.models())
    return str(one_of(models).read(asked.otherwise(models[0])))


def _picture(asked: Asked) -> str:
    proposed = default_pictures.default_picture(asked.found["model"])
    return asked.query.get(asked.name, proposed)[:LONGEST_ID]


def _reading(asked: Asked) -> tuple[tuple[str, Value], ...]:
    view, kept = views.of_model(asked.found["model"]), dict[str, Value]()
    for spec in view.card.reading:
        name = view.address_name(spec.name)
        codec = one_of(spec.choices) if spec.kind == "choice" else _parsed(spec)
        value = codec.read(replace(asked, name=name, default=spec.default))
        if value != spec.default:
            kept[spec.name] = value
    return tuple(kept.items())


def _parsed(spec: Parameter) -> Codec:
    def found(asked: Asked) -> Value:
        try:
            return spec.default if asked.text is None else spec.parse(asked.text)
        except InputError as error:
            asked.problems.append(error_text(error))
            return spec.default

    return Codec(found)


def _read(choice: Choice, value: tuple[tuple[str, Value], ...]) -> dict[str, str]:
    view = views.of_model(choice.model)
    return {view.address_name(name): written_value(each) for name, each in value}


def _card(asked: Asked) -> MethodCard:
    modality = services.model(asked.found["model"]).modality
    return services.methods_for(modality)[asked.found["method"]]


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
        asked.problems.append(f"{asked.name}={text}: {error_text(error)}")
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


_CODECS: dict[str, Codec] = {
    "model": Codec(_model).always(),
    "picture": Codec(_picture).always(),
    "method": Codec(_method).always(),
    "target": Codec(_class, lambda i: "auto" if i is None else str(i)).always(),
    "against": Codec(_against),
    "reading": Codec(_reading, spread=_read),
    "layer": Codec(_layer),
    "parameters": parameters(_PARAMETER, _card),
    "compare": one_of(("", "methods", "classes")),
    "compared": Codec(
        _compared, name="with", when=lambda choice: bool(choice.compare and choice.compared)
    ),
    "metrics": listed(lambda _: services.metrics()),
    "mask": cut(16),
}
