"""The model card of a run: what it is, on what it was trained, whom it fails, how to make it again.

After Mitchell et al. 2019, Model Cards for Model Reporting, arXiv:1810.03993: their sections, in
their order, filled from the run's manifest and the dataset. Everything is counted or declared;
what is not known is said to be unknown.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from core.compression import compressors
from core.contracts import Run, SeedSpread
from core.data.base import Dataset
from core.data.registry import open_dataset
from core.data.subset import with_fewer
from core.errors import InputError, StoreError
from core.models import zoo
from core.training import registry
from core.training.base import Recipe
from core.training.card_data import data_section
from core.training.card_results import results_section
from core.training.card_seeds import seeds_section
from core.training.markdown import code_block, escape, table

__all__ = ["CARD", "model_card", "write_card"]

CARD = "card.md"
_ORIGINS = {
    "run": "trained here",
    "compressed": "made smaller here",
    "imported": "weights brought along, their training unknown here",
}


def write_card(folder: Path, run: Run, *, dataset: Dataset | None = None) -> None:
    """Write ``card.md`` into a run's folder.

    Parameters
    ----------
    dataset : Dataset, optional
        What it was trained on; opened if it is not given, and described only if it is the same.

    Raises
    ------
    StoreError
        If the disk is full or the folder cannot be written.
    """
    try:
        (folder / CARD).write_text(model_card(run, dataset=dataset), encoding="utf-8")
    except OSError as error:
        raise StoreError(f"Cannot write {folder / CARD}: {error.strerror or error}.") from error


def model_card(run: Run, *, dataset: Dataset | None = None) -> str:
    """Return the model card of a run as Markdown; names in it are escaped."""
    data = dataset if dataset is not None else _dataset(run)
    parts = [
        f"# {escape(run.name)}",
        _summary(run),
        *_details(run),
        *_intended_use(run),
        *_factors(run),
        *data_section(run, data),
        *results_section(run, {} if data is None else {k: len(v) for k, v in data.parts.items()}),
        *seeds_section(run),
        *_ethics(),
        *_caveats(run),
        *_reproduction(run),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _dataset(run: Run) -> Dataset | None:
    """Return the dataset of a run if it is at hand and has not changed."""
    if not run.dataset:
        return None
    try:
        found = open_dataset(run.dataset)
    except InputError:
        return None  # moved, deleted, or of another machine: the card says so
    if found.fingerprint != run.data_fingerprint:
        return None
    return with_fewer(found, int(run.parameters.get("n_train", 0)), seed=run.seed)


def _summary(run: Run) -> str:
    what = f"An image classifier with {len(run.classes)} classes, {_ORIGINS[run.origin]}"
    if run.test is None:
        return f"{what}. It was not measured on a test split."
    return (
        f"{what}. It is right on {run.test.accuracy:.1%} of {run.test.n} test pictures "
        f"(balanced over classes: {run.test.balanced_accuracy:.1%})."
        + ("" if run.seeds is None else f" {_seeds(run.seeds)}")
    )


def _seeds(spread: SeedSpread) -> str:
    return f"Mean {spread.accuracy.mean:.1%}, {spread.range_text}; this is one of them."


def _details(run: Run) -> Iterator[str]:
    architecture = zoo.architectures().get(run.architecture)
    rows: list[tuple[str, object]] = [
        ("id", run.model),
        ("architecture", run.architecture if architecture is None else architecture.name),
        ("paper", "" if architecture is None else architecture.paper),
        ("licence of the architecture's weights", _licence(run)),
        ("input", f"{run.input_size} × {run.input_size} pixels, RGB"),
        ("weights", f"{run.n_parameters:,}, {run.format}, {run.bytes:,} bytes on disk"),
        ("SHA-256 of the weights", run.weights_sha256),
        ("starts from", run.base or ("random weights" if run.origin == "run" else "")),
        ("made smaller from", run.twin),
        ("made", f"{datetime.fromtimestamp(run.created, UTC):%Y-%m-%d %H:%M} UTC"),
    ]
    yield "## Model details"
    yield table(("what", "value"), [row for row in rows if row[1]])
    recipe = _recipe(run)
    if recipe is not None:
        yield f"Recipe: **{recipe.name}**. {recipe.summary} {escape(recipe.paper)}."
    elif run.recipe:
        yield f"Recipe: {escape(run.recipe)}."
    if run.parameters:
        yield "### Parameters"
        help = {spec.name: spec.help for spec in recipe.parameters} if recipe is not None else {}
        yield table(
            ("parameter", "value", "what it is"),
            [(name, value, help.get(name, "")) for name, value in run.parameters.items()],
        )


def _recipe(run: Run) -> type[Recipe] | type[compressors.Compressor] | None:
    """Return what it was made by, ``None`` if this version does not know it."""
    return compressors.COMPRESSORS.get(run.recipe) if run.twin else registry.RECIPES.get(run.recipe)


def _licence(run: Run) -> str:
    """Return the licence of the weights it started from; its own weights have none to declare."""
    base = zoo.architectures().get(run.base)
    return "" if base is None else base.licence


def _intended_use(run: Run) -> Iterator[str]:
    yield "## Intended use"
    yield (
        "To be examined: what the model looks at, whom it fails, how little breaks it. It tells "
        f"the classes {', '.join(escape(name) for name in run.classes[:20])}"
        f"{' and others' if len(run.classes) > 20 else ''} from pictures like those it was trained "
        "on. Out of scope: decisions about people, and pictures of another kind."
    )


def _factors(run: Run) -> Iterator[str]:
    yield "## Factors"
    attributes = {} if run.test is None else dict.fromkeys(g.attribute for g in run.test.groups)
    if attributes:
        yield (
            f"Test pictures are told apart by {', '.join(escape(name) for name in attributes)}. "
            "Each is looked at by itself; their combinations were not measured."
        )
    else:
        yield "No groups are known, so nothing is said about whom the model fails."


def _ethics() -> Iterator[str]:
    yield "## Ethical considerations"
    yield (
        "An accuracy hides who pays for the mistakes: read it by group. A group with few pictures "
        "has a wide interval, and a wide interval is no proof of fairness. Groups are what the "
        "dataset calls them, which need not be how people see themselves."
    )


def _caveats(run: Run) -> Iterator[str]:
    yield "## Caveats and recommendations"
    recipe = _recipe(run)
    lines = [escape(note) for note in run.notes]
    if recipe is not None:
        lines.append(f"The recipe: {recipe.limits}")
    lines += [f"Not measured: {what}." for what in _not_measured(run)]
    yield "\n".join(f"- {line}" for line in lines)


def _not_measured(run: Run) -> Iterator[str]:
    if run.test is None:
        yield "accuracy on a test split"
    if run.test is None or not run.test.groups:
        yield "accuracy by group"
    yield "calibration of the probabilities"
    yield "pictures from other sources than the dataset"
    if not any(name.startswith("robust") for name in run.facts):
        yield "robustness against attacks and corruptions"
    if run.origin == "run" and run.seeds is None:
        yield "how much of these figures is chance: this is one run of one seed"


def _reproduction(run: Run) -> Iterator[str]:
    yield "## How to make it again"
    if run.command:
        yield code_block(run.command)
    rows: list[tuple[str, object]] = [("seed", run.seed)] if run.origin != "imported" else []
    rows += [("device", run.device), ("seconds", f"{run.seconds:,.0f}")]
    rows += [("went on from a checkpoint", "yes")] if run.resumed else []
    rows += list(run.versions.items())
    yield table(("what", "value"), rows)
