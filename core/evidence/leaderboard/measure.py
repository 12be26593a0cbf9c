"""Methods by metrics over many pictures, card by card through the store.

A run that was stopped or killed resumes where it was: each card is kept as soon as it is there.
Memory does not grow with the maps: of a card, only its scores are held.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from core.contracts import (
    EvidenceCard,
    EvidenceRequest,
    ExplainRequest,
    GroupScore,
    Leaderboard,
    LeaderboardRequest,
    Sanity,
    SanityRequest,
    count_text,
)
from core.control import PartControl
from core.errors import InputError
from core.evidence.evidence_card import examine
from core.evidence.leaderboard.aggregate import Collected
from core.evidence.sanity.measure import sanity
from core.evidence.sanity.metrics import SANITY_METRICS, sanity_score
from core.models import zoo
from core.models.runtime import runtime_of
from core.parameters import Value
from core.saliency.explain import explain
from core.saliency.registry import METHODS
from core.targets.one_class import ClassTarget
from core.workspace import open_store

if TYPE_CHECKING:
    from core.control import Control

__all__ = ["leaderboard"]

_TOGETHER = 16
"""Pictures whose maps are computed in one call and held at once."""
_SANITY_STEPS = 10
"""Cards that one randomisation check counts as in the progress."""


def leaderboard(requests: Sequence[LeaderboardRequest], control: Control) -> list[Leaderboard]:
    """Fill the table of each request.

    Raises
    ------
    Cancelled
        Between passes, when the work was stopped; what was measured until then is kept.
    """
    return [_Filling(request, control).table() for request in requests]


@dataclass
class _Filling:
    """One table in the making."""

    request: LeaderboardRequest
    control: Control
    failed: list[str] = field(default_factory=list)
    done: int = 0

    def __post_init__(self) -> None:
        asked = self.request.metrics
        self.of_maps = tuple(m for m in asked if m not in SANITY_METRICS)
        self.of_methods = tuple(m for m in asked if m in SANITY_METRICS)
        n_cards = len(self.request.inputs) * bool(self.of_maps)
        n_sanity = _SANITY_STEPS * bool(self.of_methods)
        self.steps = len(self.request.methods) * (n_cards + n_sanity)
        self.collected = Collected(self.request.groups)

    def table(self) -> Leaderboard:
        """Measure what is not stored yet, and return the means."""
        began = time.perf_counter()
        request = self.request
        if self.of_maps:
            for start in range(0, len(request.inputs), _TOGETHER):
                for method in request.methods:
                    self._examine(range(start, start + _TOGETHER), method)
        checked = [row for method in request.methods for row in self._checked(method)]
        self.control.progress(1.0)
        return Leaderboard(
            **runtime_of(request).provenance(request),
            seconds=time.perf_counter() - began,
            methods=request.methods,
            metrics=request.metrics,
            groups=tuple(sorted(set(request.groups))),
            n=len(request.inputs),
            preset=request.preset,
            seed=request.seed,
            scores=(*self.collected.scores(request.methods, self.of_maps), *checked),
            failed=tuple(self.failed),
        )

    def _examine(self, pictures: range, method: str) -> None:
        """Examine the maps of one method of a few pictures."""
        store = open_store()
        cards = {i: self._card_request(i, method) for i in pictures if i < len(self.request.inputs)}
        missing = [card.explain for card in cards.values() if not store.contains(card.key)]
        self._draw([one for one in missing if not store.contains(one.key)], method)
        for i, card in cards.items():
            part = self._part(1, f"{method}: {card.input.name}")
            try:
                scores = _card(card, part).scores
            except InputError as error:
                self.failed.append(f"{card.input.name}, {method}: {error}")
            else:
                for score in scores:
                    self.collected.add(i, method, score)

    def _draw(self, asked: Sequence[ExplainRequest], method: str) -> None:
        """Compute maps together and keep them for the cards."""
        if not asked:
            return
        part = self._part(0, f"{method}: {count_text(len(asked), 'map')}")
        try:
            found = explain(asked, part)
        except InputError:
            return  # each card asks again, and says which picture it was
        for request, explanation in zip(asked, found, strict=True):
            open_store().put(request.key, explanation.to_artefact(), kind=request.kind)

    def _checked(self, method: str) -> list[GroupScore]:
        if not self.of_methods:
            return []
        request = self._sanity_request(method)
        part = self._part(_SANITY_STEPS, f"{method}: weights drawn anew")
        try:
            artefact, _ = open_store().get_or_compute(
                request.key, lambda: sanity([request], part)[0].to_artefact(), kind=request.kind
            )
        except InputError as error:
            self.failed.append(f"randomisation, {method}: {error}")
            return []
        return [sanity_score(m, Sanity.from_artefact(artefact)) for m in self.of_methods]

    def _part(self, steps: int, words: str) -> PartControl:
        """Check for a stop, then return the control of the next ``steps`` of the progress."""
        self.control.check()
        first, self.done = self.done, self.done + steps
        text = f"{first} of {self.steps} · {words}"
        part = PartControl(self.control, first / self.steps, self.done / self.steps, text)
        part.progress(0.0)
        return part

    def _card_request(self, i: int, method: str) -> EvidenceRequest:
        """Return the request that :func:`core.requests.evidence_request` makes by default."""
        request = self.request
        same: dict[str, Any] = {
            "model": request.model,
            "weights_sha256": request.weights_sha256,
            "versions": request.versions,
            "seed": request.seed,
            "input": request.inputs[i],
        }
        asked = ExplainRequest(
            **same,
            method=method,
            parameters=self._parameters(method),
            target=request.target or ClassTarget(),
            layer=request.layer,
        )
        mask = request.masks[i] if request.masks else None
        return EvidenceRequest(
            **same, explain=asked, metrics=self.of_maps, preset=request.preset, mask=mask
        )

    def _sanity_request(self, method: str) -> SanityRequest:
        request = self.request
        return SanityRequest(
            model=request.model,
            weights_sha256=request.weights_sha256,
            versions=request.versions,
            seed=request.seed,
            method=method,
            parameters=self._parameters(method),
            layer=request.layer,
        )

    def _parameters(self, method: str) -> dict[str, Value]:
        if self.request.parameters is not None:
            return self.request.parameters
        modality = zoo.modality(self.request.model.id)
        return modality.resolve(METHODS.find(method).parameters, {}, owner=method)


def _card(request: EvidenceRequest, control: Control) -> EvidenceCard:
    artefact, _ = open_store().get_or_compute(
        request.key, lambda: examine([request], control)[0].to_artefact(), kind=request.kind
    )
    return EvidenceCard.from_artefact(artefact)
