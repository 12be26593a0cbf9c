"""Put a finished run among those that come with Pellucid: for its maintainers.

::

    python -m core train --dataset portraits --epochs 14 --param learning_rate=0.2 --seeds 5
    python -m core.training.shipping portraits_scratch_f349616f portraits_fair "Portraits, fair"

``tests/training/test_portraits_models.py`` trains what was shipped again and compares.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from core.contracts import Run
from core.errors import InputError
from core.runs import MANIFEST, SHIPPED, finished_runs, manifest, run_folder, write_json

__all__ = ["LEAST_SEEDS", "ship"]

LEAST_SEEDS = 5


def ship(model_id: str, name_id: str, name: str) -> Path:
    """Copy a run's weights, card and manifest, under an id and a name for people.

    Parameters
    ----------
    model_id : str
        The run, as ``python -m core runs`` lists it.
    name_id : str
        Its id among the models that come with Pellucid.
    name : str

    Raises
    ------
    InputError
        If there is no such run, its id is no identifier, it was not trained on a built-in dataset
        (nobody else could train it again), or with fewer than five seeds.
    """
    run = finished_runs().get(model_id)
    if run is None or not name_id.isidentifier():
        raise InputError(f"Expected a finished run and an identifier: {model_id!r}, {name_id!r}.")
    if ":" in run.dataset:
        raise InputError(f"{model_id} was trained on {run.dataset}, which does not come along.")
    if run.seeds is None or run.seeds.n < LEAST_SEEDS:
        raise InputError(
            f"{model_id} was trained with too few seeds to say what of it is chance: "
            f"{run.command} --seeds {LEAST_SEEDS}"
        )
    target = SHIPPED / name_id
    target.mkdir(parents=True, exist_ok=True)
    seeds = None if run.seeds is None else replace(run.seeds, models=())
    shipped: Run = replace(run, model=name_id, name=name, seeds=seeds)
    shutil.copyfile(run_folder(model_id) / run.file, target / run.file)
    _write_card(target, shipped)
    write_json(target / MANIFEST, manifest(shipped))
    return target


def _write_card(folder: Path, run: Run) -> None:
    from core.training.card import write_card

    write_card(folder, run)


def main(
    model: Annotated[str, typer.Argument(help="The run, as 'python -m core runs' lists it.")],
    name_id: Annotated[str, typer.Argument(help="Its id among the models that come along.")],
    name: Annotated[str, typer.Argument(help="Its name for people.")],
) -> None:
    """Copy a finished run into core/models/shipped."""
    typer.echo(ship(model, name_id, name))


if __name__ == "__main__":
    typer.run(main)
