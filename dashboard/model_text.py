"""Models in words: what a list calls them and in which order, and what one is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Literal

from core.contracts import ModelCard, Run, count_text
from dashboard import services
from dashboard.formatting import percent
from dashboard.run_text import BADGES, date, run_title, weights_text

__all__ = [
    "about_model", "architecture_name", "legend", "model_labels", "model_name", "named", "run_name",
]  # fmt: skip

Kind = Literal["zoo", "shipped", "run", "imported", "compressed", "download"]
_SYMBOLS: dict[Kind, tuple[str, str]] = {
    "zoo": ("", ""),
    "shipped": BADGES["shipped"],
    "run": BADGES["run"],
    "imported": BADGES["imported"],
    "compressed": BADGES["compressed"],
    "download": ("↓", "of the zoo, downloaded at first use"),
}
"""Symbol and meaning of each kind of model, in the order of the list."""


def _kind(card: ModelCard) -> Kind:
    return "download" if card.origin == "zoo" and not card.offline else card.origin


def model_labels(*, zone: str | None = None) -> dict[str, str]:
    """Return what a list calls each model, by id: what is at hand first, the default leading.

    A model that was made smaller follows the one that it was made of. Names that would be the same
    are told apart by their date, in the visitor's time ``zone``.
    """
    cards, runs = services.models(), {run.model: run for run in services.runs()}
    names = {id: _marked(card, model_name(id)) for id, card in cards.items()}
    shared = {name for name, n in Counter(names.values()).items() if n > 1}
    return {
        id: f"{names[id]}, {date(runs[id].created, zone)}"
        if names[id] in shared and id in runs
        else names[id]
        for id in _in_order(cards)
    }


def _in_order(cards: Mapping[str, ModelCard]) -> Iterable[str]:
    made_of: dict[str, list[str]] = {}
    for id, card in cards.items():
        if card.twin in cards:
            made_of.setdefault(card.twin, []).append(id)
    for kind in _SYMBOLS:
        for id, card in cards.items():
            if _kind(card) == kind and card.twin not in cards:
                yield id
                yield from made_of.get(id, ())


def _marked(card: ModelCard, name: str) -> str:
    return f"{_SYMBOLS[_kind(card)][0]} {name}".strip()


def legend() -> str:
    """Return what the symbols before the names mean."""
    return ", ".join(f"{symbol} {meaning}" for symbol, meaning in _SYMBOLS.values() if symbol) + "."


def model_name(id: str) -> str:
    """Return a model's name for people. Plain text; parts of it may be a stranger's."""
    card, run = services.models()[id], services.run(id)
    if run is None:
        return card.name
    if card.origin == "compressed":
        return f"{_made_smaller(run)} of {_twin_name(card)}"
    if card.origin == "run":
        return f"{run_title(run, shipped=False)}, {_recipe(run).lower()}"
    return run_title(run, shipped=card.origin == "shipped")


def run_name(run: Run) -> str:
    """Return what a page about a run calls it: its data, its own name, or what it was made of."""
    if run.origin == "compressed" and run.model in services.models():
        return model_name(run.model)
    return run_title(run, shipped=services.is_shipped(run.model))


def named(id: str) -> str:
    """Return the name of a model that may be gone by now, then its id. Plain text."""
    return model_name(id) if id in services.models() else id


def architecture_name(id: str) -> str:
    """Return an architecture's name, its id where it is not known here."""
    card = services.architectures().get(id)
    return card.name if card else id


def _twin_name(card: ModelCard) -> str:
    return named(card.twin)


def _made_smaller(run: Run) -> str:
    return run.format if run.format != "float32" else run.recipe


def _recipe(run: Run) -> str:
    card = services.recipes().get(run.recipe)
    return card.name if card else run.recipe


def about_model(id: str) -> str:
    """Return in a few sentences what a model is. Plain text."""
    card, run = services.models()[id], services.run(id)
    size = f"{weights_text(card.parameters)}, {card.size_text}"
    if run is None:
        where = "" if card.offline else " Its weights are downloaded at first use."
        return f"{card.summary} {size}.{where}"
    symbol, word = BADGES["shipped" if card.origin == "shipped" else run.origin]
    words = [f"{symbol} {word[:1].upper()}{word[1:]}: {_made(card, run)}."]
    if run.test is not None:
        words.append(
            f"{percent(run.test.accuracy)} right on {count_text(run.test.n, 'test picture')}."
        )
    return " ".join([*words, f"{size}."])


def _made(card: ModelCard, run: Run) -> str:
    if card.origin == "compressed":
        return f"{_made_smaller(run)}, made of {_twin_name(card)}"
    data = f" on {services.dataset_name(run.dataset)}" if run.dataset else ""
    if run.origin == "imported":
        return f"weights of your own, measured{data}" if data else "weights of your own"
    return f"{'' if card.origin == 'run' else 'trained '}{_recipe(run).lower()}{data}"
