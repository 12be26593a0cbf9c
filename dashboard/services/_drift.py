"""One picture under growing ε: requests, and every step of the way encoded once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core import api
from core.contracts import (
    DEFAULT_METHOD,
    AttackCard,
    ExplanationDrift,
    ExplanationDriftRequest,
    MethodCard,
    Norm,
    Picture,
)
from dashboard.lru import Lru
from dashboard.services._catalogue import lacking, model, offered
from dashboard.services._files import as_json
from dashboard.services._pictures import data_uri, encoded_uri
from dashboard.services._requests import once
from dashboard.services._robustness import attacks
from dashboard.services._runs import weights_of

__all__ = [
    "EpsilonFrames", "epsilon_frames", "explanation_drift_json", "explanation_drift_request",
    "single_attacks", "single_methods",
]  # fmt: skip

_films: Lru[str, EpsilonFrames] = Lru(48 * 2**20, lambda film: film.weight)
_WANTED = ("pgd", "square")


@dataclass(frozen=True, slots=True)
class EpsilonFrames:
    """What is seen at every ε, as data URIs.

    Parameters
    ----------
    frames, changes : tuple of str
        What the model saw, and the perturbation around grey.
    factors : tuple of float
        How often each perturbation was magnified.
    maps : tuple of (str or None)
        Overlays; ``None`` where a map is 0 everywhere.
    limits : tuple of (float, float)
        Ends of each map's own scale.
    side : int
        Pixels of a side of what the model saw.
    """

    frames: tuple[str, ...]
    changes: tuple[str, ...]
    factors: tuple[float, ...]
    maps: tuple[str | None, ...]
    limits: tuple[tuple[float, float], ...]
    side: int

    @property
    def weight(self) -> int:
        """Characters of all URIs."""
        return sum(len(uri or "") for uri in (*self.frames, *self.changes, *self.maps))


def single_attacks(model_id: str, norm: Norm) -> dict[str, AttackCard]:
    """Return the attacks that a norm has and a model can serve: the page's proposal first."""
    able = {
        id: card
        for id, card in attacks().items()
        if norm in card.norms and not lacking("attacks", id, model(model_id))
    }
    return dict(sorted(able.items(), key=lambda pair: pair[0] not in _WANTED))


def single_methods(model_id: str) -> dict[str, MethodCard]:
    """Return the methods that a model has what it takes for, the page's proposal first."""
    able = {id: c for id, c in offered(model(model_id)).items() if not c.control}
    return dict(sorted(able.items(), key=lambda pair: (pair[0] != DEFAULT_METHOD, pair[1].slow)))


def explanation_drift_request(
    picture: Picture, *, model: str, attack: str, norm: Norm, method: str, seed: int
) -> ExplanationDriftRequest:
    """Return the request for one picture under an attack, at all ε of the page's grid.

    Raises
    ------
    InputError
        If the model lacks what the attack or the method needs.
    """
    key = (picture.sha256, picture.name, model, weights_of(model), attack, norm, method, seed)
    return once(
        ("explanation drift", *key),
        lambda: api.explanation_drift_request(
            picture, model=model, attack=attack, norm=norm, method=method, seed=seed
        ),
    )


def epsilon_frames(result: ExplanationDrift) -> EpsilonFrames:
    """Return what is seen at every ε, encoded once."""

    def uri(pixels: npt.NDArray[np.uint8]) -> str:
        # Lossless: what an attack changes is just what compression would take away.
        return encoded_uri(pixels, "WEBP", lossless=True, method=2)

    def make() -> EpsilonFrames:
        frames = np.rint(result.frames * 255).astype(np.uint8)
        changes = [api.magnified(frame - result.frames[0]) for frame in result.frames]
        layers = api.explanation_drift_overlays(result)
        return EpsilonFrames(
            frames=tuple(uri(frame) for frame in frames),
            changes=tuple(uri(pixels) for pixels, _ in changes),
            factors=tuple(factor for _, factor in changes),
            maps=tuple(None if m.empty else data_uri(m.png, "image/png") for m in layers),
            limits=tuple(m.limits for m in layers),
            side=int(frames.shape[1]),
        )

    return _films.get_or(result.key, make)


def explanation_drift_json(result: ExplanationDrift) -> str:
    """Return everything but pictures and maps, for download."""
    return as_json(api.explanation_drift_document(result))
