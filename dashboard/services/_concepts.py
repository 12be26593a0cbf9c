"""Examples and concepts: the reference folder, and requests about sets of pictures."""

from __future__ import annotations

import logging

import numpy as np
import numpy.typing as npt

from core import api
from core.api import Gallery, picture_set, pixels_png
from core.contracts import (
    ConceptMaps,
    ConceptMapsRequest,
    ConceptsRequest,
    Geometry,
    NeighboursRequest,
    Picture,
    PictureSet,
    TcavRequest,
    VisualiseRequest,
)
from core.errors import InputError
from dashboard.lru import Lru
from dashboard.services._maps import Layer
from dashboard.services._pictures import data_uri, framing
from dashboard.services._requests import asked, once
from dashboard.state import Choice

__all__ = [
    "Gallery", "concept_layers", "concept_maps_request", "concepts_request", "gallery",
    "neighbours_request", "picture_set", "pixels_png", "pixels_uri",
    "public_command", "tcav_request", "visualise_request",
]  # fmt: skip

_log = logging.getLogger(__name__)
_layers: Lru[str, tuple[Layer, ...]] = Lru(64 * 2**20, lambda all: sum(len(x.uri) for x in all))


def gallery() -> Gallery | None:
    """Return the server's reference folder, ``None`` if ``PELLUCID_GALLERY`` is not set.

    Raises
    ------
    InputError
        If the setting names a folder that cannot be read; visitors are not told where it lies.
    """
    try:
        return api.default_gallery()
    except InputError as error:
        _log.warning("PELLUCID_GALLERY: %s", error)
        raise InputError(
            "This server's reference folder (PELLUCID_GALLERY) cannot be read. Its log says why."
        ) from error


def public_command(command: str) -> str:
    """Return a command line without the place of the server's reference folder."""
    held = gallery()
    return command if held is None else command.replace(str(held.folder), "$PELLUCID_GALLERY")


def neighbours_request(
    picture: Picture, choice: Choice, *, reference: PictureSet, k: int = 8
) -> NeighboursRequest:
    """Return the request for the ``k`` pictures of ``reference`` nearest to ``picture``."""
    return asked(
        api.neighbours_request, picture, reference=reference, k=k, model=choice.model,
        geometry=framing(choice),
    )  # fmt: skip


def concepts_request(
    reference: PictureSet,
    *,
    target: int,
    selection: str,
    n_concepts: int,
    model: str,
    geometry: Geometry,
) -> ConceptsRequest:
    """Return the request for the concepts of a class over a set of pictures."""
    return asked(
        api.concepts_request, reference, target=target, selection=selection,
        n_concepts=n_concepts, model=model, geometry=geometry,
    )  # fmt: skip


def concept_maps_request(picture: Picture, concepts: ConceptsRequest) -> ConceptMapsRequest:
    """Return the request for where the concepts are in one picture."""
    key = ("concept_maps", picture.sha256, picture.name, concepts.key)
    return once(key, lambda: api.concept_maps_request(picture, concepts))


def tcav_request(
    concepts: tuple[PictureSet, ...],
    *,
    random: PictureSet,
    pictures: PictureSet,
    target: int,
    model: str,
    geometry: Geometry,
) -> TcavRequest:
    """Return the request for the test of concepts against a class."""
    return asked(
        api.tcav_request, concepts, random=random, pictures=pictures, target=target, model=model,
        geometry=geometry,
    )  # fmt: skip


def visualise_request(*, target: int, model: str, steps: int, seed: int) -> VisualiseRequest:
    """Return the request for a picture that excites a class."""
    return asked(api.visualise_request, target=target, model=model, steps=steps, seed=seed)


def concept_layers(maps: ConceptMaps) -> tuple[Layer, ...]:
    """Return each concept's map ready for the browser, encoded once, all on one scale."""

    def make() -> tuple[Layer, ...]:
        return tuple(
            Layer(data_uri(x.png, "image/png"), x.limits, x.signed, x.empty)
            for x in api.concept_overlays(maps)
        )

    return _layers.get_or(maps.key, make)


def pixels_uri(pixels: npt.NDArray[np.uint8]) -> str:
    """Return small uint8 ``(H, W, 3)`` as a data URI."""
    return data_uri(api.pixels_png(pixels), "image/png")
