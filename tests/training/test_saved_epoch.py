"""A run names the epoch whose weights it saved, whatever epoch had the lowest validation loss."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core import api
from core.contracts import Run
from core.runs import MANIFEST, finished_runs, manifest, run_folder, runs_root
from core.settings import settings
from core.training import trainer

DATA = "portraits?n_train=120&n_validation=30&n_test=60"
LOSSES = (0.9, 0.4, 0.6, 0.7)
"""On the validation split: lowest in the second epoch of four."""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PELLUCID_HOME", str(tmp_path))
    settings.cache_clear()
    measured, losses = trainer._Fit._measured, iter(LOSSES)

    def with_those_losses(fit: trainer._Fit, feed: object) -> tuple[float | None, float | None]:
        return (next(losses), 0.5) if feed is fit.stage.validation else measured(fit, feed)

    monkeypatch.setattr(trainer._Fit, "_measured", with_those_losses)
    yield
    monkeypatch.undo()
    settings.cache_clear()


def trained(patience: int) -> Run:
    parameters = {"batch_size": 30, "patience": patience}
    run = api.train(dataset=DATA, epochs=4, parameters=parameters, seed=1)
    assert run.lowest_validation is run.history[1]
    return run


def assert_saved(run: Run) -> None:
    """The saved weights make the test split's figures, which were measured after each epoch too."""
    assert run.test is not None
    named = run.history[run.best_epoch - 1]
    assert named.test_accuracy == pytest.approx(run.test.accuracy, abs=1e-9)
    assert named.test_loss == pytest.approx(run.test.loss, abs=1e-4)
    others = [e.test_loss for e in run.history if e is not named]
    assert all(abs(loss - run.test.loss) > 1e-3 for loss in others)
    assert f"the weights are those after epoch {run.best_epoch}." in api.run_card(run.model)


def test_without_patience_the_last_epochs_weights_are_saved_and_named() -> None:
    run = trained(0)
    assert run.best_epoch == len(run.history) == 4
    assert_saved(run)
    assert "lowest validation loss came after epoch 2;" in (api.run_card(run.model))


def test_with_patience_the_best_epochs_weights_are_saved_and_named() -> None:
    run = trained(3)
    assert run.best_epoch == 2
    assert_saved(run)


def test_a_manifest_of_before_is_read_as_what_it_saved() -> None:
    run = trained(0)
    file = run_folder(run.model) / MANIFEST
    document = manifest(run)
    document["format"] = 1
    document["run"]["best_epoch"] = 2
    file.write_text(json.dumps(document))
    (runs_root() / "another").mkdir()  # a run is added: the list is read again
    assert finished_runs()[run.model].best_epoch == 4
