"""A run that was stopped, or killed, goes on to the same result; the same run trains once."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from core import api
from core.contracts import Run
from core.errors import Cancelled, InputError, StoreError, TrainingError
from core.runs import run_folder, runs_root, unfinished_root
from core.settings import settings
from core.training.checkpoints import Checkpoints

ROOT = Path(__file__).resolve().parents[2]
DATA = "portraits?n_train=180&n_validation=30&n_test=60"
OPTIONS = {"dataset": DATA, "epochs": 3, "parameters": {"batch_size": 30}}


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A home of its own, so that nothing is trained before."""

    def use(name: str) -> Path:
        monkeypatch.setenv("PELLUCID_HOME", str(tmp_path / name))
        settings.cache_clear()
        return tmp_path / name

    yield use
    monkeypatch.undo()
    settings.cache_clear()


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Run]:
    """A home in which the run was trained in one go, and the run; tests take copies of it."""
    home = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PELLUCID_HOME", str(home))
        settings.cache_clear()
        run = api.train(**OPTIONS)
    settings.cache_clear()
    return home, run


@pytest.fixture
def whole(trained: tuple[Path, Run], elsewhere: Callable[[str], Path]) -> Run:
    """The finished run, in a home of the test's own."""
    shutil.copytree(trained[0], elsewhere("whole"))
    return trained[1]


class StopsAfter:
    """A control that stops the work at its n-th check."""

    def __init__(self, n: int) -> None:
        self.left = n

    def progress(self, fraction: float, message: str = "") -> None:
        assert 0 <= fraction <= 1

    def check(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Cancelled("stopped by the test")


def weights_of(model: str) -> dict[str, np.ndarray]:
    return load_file(run_folder(model) / "model.safetensors")


def assert_same(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> None:
    assert one.keys() == other.keys()
    for name, values in one.items():
        np.testing.assert_array_equal(values, other[name], err_msg=name)


def test_a_stopped_run_resumes_to_the_same_weights_bit_for_bit(whole: Run, elsewhere) -> None:
    expected = weights_of(whole.model)
    elsewhere("parts")
    with pytest.raises(Cancelled):
        api.train(**OPTIONS, control=StopsAfter(9))  # in the second epoch of six steps
    (left,) = api.unfinished_runs()
    assert len(left.history) == 1
    assert left.request.key == whole.key
    assert not api.runs() or all(api.is_shipped(run.model) for run in api.runs())
    resumed = api.train(**OPTIONS)
    assert resumed.resumed
    assert not whole.resumed
    assert_same(weights_of(resumed.model), expected)
    assert [e.train_loss for e in resumed.history] == [e.train_loss for e in whole.history]
    assert resumed.test == whole.test
    assert api.unfinished_runs() == ()


def test_the_same_run_twice_trains_once(whole: Run) -> None:
    second = api.train(**OPTIONS, control=StopsAfter(2))  # would stop if it trained
    assert (whole.cached, second.cached) == (False, True)
    assert second.key == whole.key
    other = api.train_request(**OPTIONS, seed=1)
    assert other.key != whole.key
    assert any(card.id == whole.model for card in api.models())


def test_sigkill_loses_at_most_an_epoch(elsewhere) -> None:
    home = elsewhere("killed")
    command = [sys.executable, "-m", "core", "train", "--dataset", DATA, "--epochs", "200",
               "--param", "batch_size=30"]  # fmt: skip
    environment = {**os.environ, "PELLUCID_HOME": str(home)}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    done = 0
    while time.monotonic() < deadline and done < 2:
        done = max((len(run.history) for run in api.unfinished_runs()), default=0)
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    (left,) = api.unfinished_runs()
    assert len(left.history) >= done >= 2
    state = Checkpoints(unfinished_root() / left.request.key).latest()
    assert state is not None
    assert len(state.history) == len(left.history)


def test_killed_between_the_files_of_a_checkpoint(elsewhere) -> None:
    elsewhere("torn")
    with pytest.raises(Cancelled):
        api.train(**OPTIONS, control=StopsAfter(18))  # in the third
    (left,) = api.unfinished_runs()
    folder = unfinished_root() / left.request.key
    newest = max(folder.glob("checkpoint-*"))
    # What a process leaves that dies at each moment of writing the next one.
    draft = folder / ".draft-1"
    draft.mkdir()
    shutil.copy(newest / "state.safetensors", draft)
    assert Checkpoints(folder).latest() is not None
    (newest / "state.safetensors").write_bytes(b"torn")
    state = Checkpoints(folder).latest()
    assert state is not None
    assert len(state.history) == len(left.history) - 1
    (newest / "state.json").unlink()
    assert len(api.train(**OPTIONS).history) == 3


def test_a_half_written_run_is_never_listed(whole: Run) -> None:
    half = runs_root() / "portraits_scratch_00000000"
    half.mkdir()
    shutil.copy(run_folder(whole.model) / "model.safetensors", half)
    assert whole.model in {r.model for r in api.runs()}
    assert half.name not in {r.model for r in api.runs()}
    document = json.loads((run_folder(whole.model) / "run.json").read_text())
    document["run"]["model"] = half.name
    document["run"]["bytes"] += 1
    (half / "run.json").write_text(json.dumps(document))
    os.utime(runs_root())
    assert half.name not in {card.id for card in api.models()}


def test_changed_weights_are_refused(whole: Run) -> None:
    file = run_folder(whole.model) / "model.safetensors"
    payload = bytearray(file.read_bytes())
    payload[-5] ^= 255
    file.write_bytes(payload)
    with pytest.raises(InputError, match="damaged or changed"):
        api.explain(api.dataset_picture(DATA, "test", 0), model=whole.model, method="gradcam")


def test_a_diverging_loss_stops_with_an_explanation_and_no_model(elsewhere) -> None:
    elsewhere("diverged")
    wild = {"learning_rate": 2.0, "batch_size": 30, "optimizer": "sgd", "warmup": 0,
            "weight_decay": 1.0}  # fmt: skip
    before = {run.model for run in api.runs()}
    from core.training.objective import CrossEntropy

    loss = CrossEntropy.loss

    def exploding(self, model, x, y, seed):
        losses, logits = loss(self, model, x, y, seed)
        return losses * float("inf"), logits

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CrossEntropy, "loss", exploding)
        with pytest.raises(TrainingError, match="smaller learning rate"):
            api.train(dataset=DATA, epochs=2, parameters=wild)
    assert {run.model for run in api.runs()} == before


def test_a_full_disk_is_told_and_leaves_no_model(elsewhere, monkeypatch) -> None:
    elsewhere("full")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("core.training.checkpoints.write_json", full)
    with pytest.raises(StoreError, match="No space left"):
        api.train(**OPTIONS)
    assert not any(not api.is_shipped(run.model) for run in api.runs())
    assert not list(unfinished_root().glob("*/.draft*"))


def test_too_little_memory_halves_the_batch_and_says_so(elsewhere, monkeypatch) -> None:
    elsewhere("memory")
    from core.models.tensorflow import tf
    from core.training import trainer

    made = trainer.training_step

    def small_device(*options):
        step = made(*options)

        def limited(x, *rest):
            if x.shape[0] > 16:
                raise tf.errors.ResourceExhaustedError(None, None, "OOM")
            return step(x, *rest)

        return limited

    monkeypatch.setattr(trainer, "training_step", small_device)
    run = api.train(**{**OPTIONS, "epochs": 1})
    assert run.notes == ("The device ran out of memory; batches were halved to 15.",)
    assert run.test is not None
