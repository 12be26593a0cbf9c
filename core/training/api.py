"""Training: recipes, runs, and what lies unfinished."""

from __future__ import annotations

from typing import Unpack

from core.contracts import RecipeCard, Run, SeedSpread
from core.control import Control, LocalControl, PartControl
from core.engine.api import answer
from core.errors import InputError
from core.options.model import chosen_seed
from core.runs import delete_run, finished_runs, is_shipped, run_folder
from core.signatures import signature_from
from core.training import registry
from core.training.card import CARD, model_card
from core.training.request import TrainOptions, TrainSetting, train_request
from core.training.seeds import MOST_SEEDS, note_spread, spread_of
from core.training.unfinished import UnfinishedRun, discard, unfinished_runs

__all__ = [
    "UnfinishedRun", "delete_run", "discard_run", "is_shipped", "recipes", "run", "run_card",
    "run_folder", "runs", "train", "train_seeds", "unfinished_runs",
]  # fmt: skip


def recipes() -> tuple[RecipeCard, ...]:
    """Return a card for every recipe of training.

    Returns
    -------
    tuple of RecipeCard
    """
    return tuple(recipe.card() for recipe in registry.RECIPES.values())


def runs() -> tuple[Run, ...]:
    """Return every finished run: those of this home, the newest first, then those shipped.

    Returns
    -------
    tuple of Run
    """
    return tuple(
        sorted(finished_runs().values(), key=lambda run: (is_shipped(run.model), -run.created))
    )


def run(model_id: str) -> Run:
    """Return one finished run.

    Parameters
    ----------
    model_id : str
        Id of the model that the run made.

    Returns
    -------
    Run

    Raises
    ------
    InputError
        If there is none.
    """
    found = finished_runs().get(model_id)
    if found is None:
        raise InputError(f"There is no run {model_id!r}. Known: {', '.join(finished_runs())}.")
    return found


def run_card(model_id: str) -> str:
    """Return the model card of a run as Markdown; one that has none is written now.

    Parameters
    ----------
    model_id : str
        Id of the model that the run made.

    Returns
    -------
    str
        Markdown.

    Raises
    ------
    InputError
        If there is no such run.
    """
    file = run_folder(model_id) / CARD
    return file.read_text(encoding="utf-8") if file.is_file() else model_card(run(model_id))


def discard_run(key: str) -> None:
    """Delete a run that lies unfinished; see :func:`unfinished_runs`.

    Parameters
    ----------
    key : str
        Of one of :func:`unfinished_runs`.
    """
    discard(key)


@signature_from(train_request)
def train(*, control: Control | None = None, **options: Unpack[TrainOptions]) -> Run:
    """Train a model in this process.

    The same run asked for twice trains once; one that was stopped goes on from its last epoch.

    Parameters
    ----------
    control : Control, optional
        Hears of progress and can stop the work.
    **options
        As in :func:`train_request`.

    Returns
    -------
    Run
        The finished run: a model of the zoo.

    Raises
    ------
    InputError
        As :func:`train_request`.
    """
    return answer(train_request(**options), control=control)


@signature_from(train_request)
def train_seeds(
    *,
    n: int = 5,
    seed: int | None = None,
    control: Control | None = None,
    **options: Unpack[TrainSetting],
) -> SeedSpread:
    """Train the same model with ``n`` seeds, and say how far figures and verdicts depend on it.

    Seeds that were trained before are not trained again, one that was stopped goes on; the spread
    is noted in the manifest and card of each run.

    Parameters
    ----------
    n : int
        How many seeds, 2 to 50.
    seed : int, optional
        The first of them, the setting's by default; the others follow it.
    control : Control, optional
        Hears of progress and can stop the work.
    **options
        As of :func:`train_request`.

    Returns
    -------
    SeedSpread

    Raises
    ------
    InputError
        For another ``n``, or data without a test split; and whatever :func:`train` refuses.
    """
    if not 2 <= n <= MOST_SEEDS:
        raise InputError(f"A spread takes 2 to {MOST_SEEDS} seeds. Received: {n}.")
    whole, first = control or LocalControl(), chosen_seed(seed)
    trained = []
    for i in range(n):
        part = PartControl(whole, i / n, (i + 1) / n, f"seed {i + 1} of {n}")
        trained.append(train(seed=first + i, control=part, **options))
    spread = spread_of(trained)
    note_spread(trained, spread)
    return spread
