"""Models of one's own before they are taken in: looked at, tried on a picture, then kept."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from core import api
from core.api import JobView
from core.contracts import (
    ModelChoices,
    ModelLook,
    ModelLookRequest,
    Outputs,
    OwnModelRequest,
    TriedPicture,
)
from dashboard.lru import Lru
from dashboard.services._jobs import SERVER, cancel, kept, submit, view
from dashboard.services._model_jobs import begun
from dashboard.services._pictures import data_uri
from dashboard.services._training import in_background

__all__ = [
    "Brought", "Look", "Stated", "find_look", "look_again", "model_file_types", "start_look",
    "start_taking_in", "stop_look", "tried_uris", "why_not_to_bring",
]  # fmt: skip

_looks: Lru[str, ModelLookRequest] = Lru(64)
_ELSEWHERE = ("X-Forwarded-For", "X-Real-Ip", "Forwarded")
_EXAMPLE = Path(__file__).resolve().parents[2] / "assets" / "examples" / "cat.jpg"


@dataclass(frozen=True, slots=True)
class Brought:
    """A file that a browser handed over."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Stated:
    """What the owner says of a model; empty where the file is to tell.

    Parameters
    ----------
    size : str
        Height x width.
    range, order, output, kind : str
    classes : tuple of str
    """

    size: str = ""
    range: str = "auto"
    order: str = ""
    output: str = ""
    kind: str = ""
    classes: tuple[str, ...] = ()

    def choices(self) -> ModelChoices:
        """Return them checked.

        Raises
        ------
        InputError
            If one is none of those that are known.
        """
        kind: Outputs | str = self.kind
        return api.model_choices(
            size=self.size or None, range=self.range, order=self.order or None,  # type: ignore[arg-type]
            output=self.output, kind=kind, classes=self.classes,  # type: ignore[arg-type]
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Look:
    """A look at a model's file: under way, refused, or done.

    Parameters
    ----------
    request : ModelLookRequest
    job : JobView or None
        ``None`` once it is done.
    found : ModelLook or None
    """

    request: ModelLookRequest
    job: JobView | None
    found: ModelLook | None


def model_file_types() -> list[str]:
    """Return the file name endings of models that are opened, without the dot."""
    return [suffix.removeprefix(".") for suffix in api.MODEL_SUFFIXES]


def why_not_to_bring() -> str:
    """Return why this visitor may bring no model; ``""`` for whoever may. Plain text."""
    who = api.who_brings_models()
    if who == "everyone":
        return ""
    if who == "loopback" and _is_at_this_machine():
        return ""
    return (
        "Only the owner of this server brings models: on the machine itself, or by the command "
        "line there. (Whoever runs it may open this to all visitors: PELLUCID_BRING=everyone.)"
    )


def visitor() -> tuple[str | None, Mapping[str, str]]:
    """Return a connection's address, ``None`` for this machine, and its headers."""
    return st.context.ip_address, st.context.headers


def _is_at_this_machine() -> bool:
    address, headers = visitor()
    if any(name in headers for name in _ELSEWHERE):
        return False  # a proxy stands between, and anybody may stand behind it
    return address is None or ipaddress.ip_address(address.partition("%")[0]).is_loopback


def start_look(
    model: Brought, stated: Stated, *, pictures: Brought | None, picture: Brought | None
) -> Future[ModelLookRequest]:
    """Begin to look at a model's file.

    Parameters
    ----------
    model : Brought
    stated : Stated
    pictures : Brought or None
        A zip of labelled pictures.
    picture : Brought or None
        One to try it on; without either, an example that comes along.
    """

    def request() -> ModelLookRequest:
        choices = stated.choices()
        file = api.keep_model_file(model.name, model.data)
        samples = "" if pictures is None else api.keep_pictures(pictures.name, pictures.data)
        tried: Path | str = ""
        if picture is not None:
            tried = api.keep_model_file(picture.name, picture.data)
        elif not samples:
            tried = _EXAMPLE
        return api.model_look_request(file, choices=choices, samples=samples, picture=tried)

    return in_background(lambda: _asked(request()))


def look_again(before: ModelLookRequest, stated: Stated) -> Future[ModelLookRequest]:
    """Begin to look at the same file, with other things stated."""

    def request() -> ModelLookRequest:
        return api.model_look_request(
            before.file, choices=stated.choices(), samples=before.samples, picture=before.picture
        )

    return in_background(lambda: _asked(request()))


def _asked(request: ModelLookRequest) -> ModelLookRequest:
    _looks.put(request.key, request)
    submit(request, owner=SERVER, patience=0)
    return request


def find_look(key: str) -> Look | None:
    """Return a look by its key; ``None`` where this server knows nothing of it."""
    request = _looks.get(key)
    if request is None:
        return None
    job = view(key)
    found = kept(key)
    if found is None and job is None:  # long ago: it is in the store
        job = submit(request, owner=SERVER, patience=2.0)
        found = kept(key)
    return Look(request, job, found if isinstance(found, ModelLook) else None)


def stop_look(key: str) -> None:
    """Stop a look."""
    cancel(key, owner=SERVER)


def start_taking_in(
    look: ModelLook, request: ModelLookRequest, name: str
) -> Future[OwnModelRequest]:
    """Begin to take in a model that was looked at, as it was understood."""

    def make() -> OwnModelRequest:
        choices = api.settled_choices(request.choices, look.facts)
        return api.own_model_request(
            request.file, name=name, choices=choices, samples=request.samples,
            facts=api.looked_facts(look.facts),
        )  # fmt: skip

    return in_background(lambda: begun(make))


def tried_uris(tried: TriedPicture) -> tuple[str, str]:
    """Return the picture as the model sees it, and the same under its map, as data URIs."""
    plain, over = api.tried_pictures(tried)
    return data_uri(plain, "image/png"), data_uri(over, "image/png")
