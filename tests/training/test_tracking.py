"""Trackers: what they take down is what happened, and none of them can end a training."""

from __future__ import annotations

import json
import re
import struct
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core import api
from core.contracts import Epoch, Run
from core.errors import Cancelled, InputError, UnknownNameError
from core.runs import run_folder
from core.settings import settings
from core.training.trackers import registry
from core.training.trackers.base import Beginning, RunTracker, scalars, summary
from core.training.trackers.mlflow import MLflow
from core.training.trackers.tensorboard import FOLDER, TensorBoard
from core.training.trackers.wandb import WandB
from core.training.tracking import Tracking

OPTIONS = {
    "dataset": "portraits?n_train=60&n_validation=30&n_test=30",
    "epochs": 3,
    "parameters": {"batch_size": 30},
}
SECRET = "https://name:secret@server"


def epochs(n: int) -> tuple[Epoch, ...]:
    return tuple(
        Epoch(i, "train", 1.0 / i, 0.5, 2.0 / i, 0.25, None, None, 0.1, 1.5, 0.01)
        for i in range(1, n + 1)
    )


def beginning(folder: Path, n: int = 0) -> Beginning:
    folder.mkdir(exist_ok=True)
    return Beginning(
        "a_model", "python -m core train", {"recipe": "scratch", "epochs": 3, "flip": True},
        folder, epochs(n),
    )  # fmt: skip


def read(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """Steps and values by tag, read back by TensorBoard itself."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.util.tensor_util import make_ndarray

    events = EventAccumulator(
        str(folder / FOLDER), size_guidance={"tensors": 0}, purge_orphaned_data=False
    )
    events.Reload()
    return {
        tag: [(e.step, float(make_ndarray(e.tensor_proto))) for e in events.Tensors(tag)]
        for tag in events.Tags()["tensors"]
        if not tag.startswith(("_hparams_", "command"))
    }


def expected(history: tuple[Epoch, ...]) -> dict[str, list[tuple[int, float]]]:
    found: dict[str, list[tuple[int, float]]] = {}
    for epoch in history:
        for tag, value in scalars(epoch).items():
            found.setdefault(tag, []).append((epoch.epoch, pytest.approx(value, rel=1e-6)))
    return found


class Recorder(RunTracker):
    """A tracker that remembers what it was told, of all runs together."""

    id, module, install = "recorder", "core", "-"
    told: list[object]

    def __init__(self, beginning: Beginning) -> None:
        self.told.append(("begin", len(beginning.history)))

    def epoch(self, epoch: Epoch) -> None:
        self.told.append(epoch.epoch)

    def end(self, run: Run) -> None:
        self.told.append("end")

    def stop(self, *, failed: bool) -> None:
        self.told.append("failed" if failed else "stopped")


class Flaky(Recorder):
    """A tracker whose server goes away in the second epoch."""

    id = "flaky"

    def epoch(self, epoch: Epoch) -> None:
        if epoch.epoch == 2:
            raise ConnectionResetError(104, "Connection reset by peer")
        super().epoch(epoch)


@pytest.fixture
def recorder() -> type[Recorder]:
    return type("Fresh", (Recorder,), {"told": []})


class StopsAfter:
    """A control that stops the work at its n-th check."""

    def __init__(self, n: int) -> None:
        self.left = n

    def progress(self, fraction: float, message: str = "") -> None: ...

    def check(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Cancelled("stopped by the test")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Run, list[object]]]:
    """A run that was stopped in its second epoch, resumed, and left by one of its trackers."""
    flaky = type("Fresh", (Flaky,), {"told": []})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PELLUCID_HOME", str(tmp_path_factory.mktemp("tracked")))
        patch.setenv("PELLUCID_TRACKERS", "flaky, tensorboard")
        patch.setitem(registry.TRACKERS.own, "flaky", flaky)
        settings.cache_clear()
        with pytest.raises(Cancelled):
            api.train(**OPTIONS, control=StopsAfter(5))  # an epoch is two steps and two measures
        yield api.train(**OPTIONS), flaky.told
    settings.cache_clear()


def test_event_files_hold_the_history_of_a_resumed_run_once(trained) -> None:
    run, _ = trained
    assert run.resumed
    assert len(run.history) == 3
    found = read(run_folder(run.model))
    final = {tag: found.pop(tag) for tag in summary(run)}
    assert found == expected(run.history)
    assert final["final/test_accuracy"] == [(3, pytest.approx(run.test.accuracy))]


def test_a_tracker_that_fails_leaves_a_note_and_the_training_goes_on(trained) -> None:
    run, told = trained
    assert told == [("begin", 0), 1, "stopped", ("begin", 1)]
    (note,) = run.notes
    assert note.startswith("Tracking with flaky failed after epoch 2 and was left out")
    assert "Connection reset by peer" in note
    assert run.test is not None
    assert "Tracking with flaky failed" in api.run_card(run.model)
    assert api.run(run.model).notes == run.notes


def test_event_files_name_parameters_and_command_but_not_the_machine(trained) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

    run, _ = trained
    (file,) = (run_folder(run.model) / FOLDER).iterdir()
    payload = file.read_bytes()
    assert run.command.encode() in payload
    assert re.fullmatch(r"events\.out\.tfevents\.\d+\.pellucid", file.name)
    assert str(settings().root).encode() not in payload
    events = EventAccumulator(str(file.parent))
    events.Reload()
    start = events.SummaryMetadata("_hparams_/session_start_info").plugin_data.content
    hparams = HParamsPluginData.FromString(start).session_start_info.hparams
    assert hparams["epochs"].number_value == 3
    assert hparams["dataset"].string_value == run.dataset


def test_tensorboard_goes_on_after_a_kill_at_any_byte(tmp_path: Path) -> None:
    tracker = TensorBoard(beginning(tmp_path))
    for epoch in epochs(3):
        tracker.epoch(epoch)
    tracker.stop(failed=False)
    (file,) = (tmp_path / FOLDER).iterdir()
    whole = file.read_bytes()
    for cut in {0, 1, 13, *range(17, len(whole), 211), len(whole)}:
        file.write_bytes(whole[:cut])
        tracker = TensorBoard(beginning(tmp_path, 2))
        tracker.epoch(epochs(3)[2])
        tracker.stop(failed=False)
        assert read(tmp_path) == expected(epochs(3)), cut


def test_an_epoch_whose_checkpoint_was_lost_is_not_taken_down_twice(
    tmp_path: Path, trained
) -> None:
    run = replace(trained[0], history=epochs(3))
    for n in (0, 1, 3):  # begun; two of three checkpoints lost; killed between end and publishing
        tracker = TensorBoard(beginning(tmp_path, n))
        for epoch in epochs(3)[n:]:
            tracker.epoch(epoch)
        tracker.end(run)
    found = read(tmp_path)
    assert {len(found.pop(tag)) for tag in summary(run)} == {1}
    assert found == expected(epochs(3))


def test_a_full_disk_under_the_event_file_is_noted(tmp_path: Path) -> None:
    notes: list[str] = []
    with Tracking((TensorBoard,), beginning(tmp_path), notes.append) as tracking:
        tracking.epoch(epochs(1)[0])
        tracking._trackers[0]._file.close()
        tracking._trackers[0]._file = open("/dev/full", "wb")  # noqa: SIM115
        tracking.epoch(epochs(2)[1])
        tracking.epoch(epochs(3)[2])
    (note,) = notes
    assert "after epoch 2" in note
    assert "No space left on device" in note


@pytest.mark.parametrize(
    ("error", "last"),
    [(None, "stopped"), (Cancelled("x"), "stopped"), (KeyboardInterrupt(), "stopped"),
     (ValueError("x"), "failed")],
)  # fmt: skip
def test_trackers_are_closed_however_a_run_ends(tmp_path: Path, recorder, error, last) -> None:
    caught: BaseException | None = None
    try:
        with Tracking((recorder,), beginning(tmp_path), print):
            if error is not None:
                raise error
    except BaseException as raised:
        caught = raised
    assert caught is error
    assert recorder.told == [("begin", 0), last]


def test_a_finished_run_s_trackers_are_not_called_again(tmp_path: Path, recorder, trained) -> None:
    with Tracking((recorder,), beginning(tmp_path), print) as tracking:
        tracking.end(trained[0])
    assert recorder.told == [("begin", 0), "end"]


def test_failing_at_the_end_or_while_closing_is_noted_too(tmp_path: Path, trained) -> None:
    def fails(self: object, *_: object, **__: object) -> None:
        raise RuntimeError(f"no answer from {SECRET}")

    notes: list[str] = []
    kind = type("Fails", (Recorder,), {"told": [], "end": fails, "stop": fails})
    with Tracking((kind,), beginning(tmp_path, 1), notes.append) as tracking:
        tracking.end(trained[0])
    with pytest.raises(Cancelled), Tracking((kind,), beginning(tmp_path, 1), notes.append):
        raise Cancelled("stopped")
    assert len(notes) == 2
    assert all("RuntimeError" in note and "secret" not in note for note in notes)


def test_a_tracker_that_cannot_begin_stops_the_run_before_it_begins(
    tmp_path: Path, recorder
) -> None:
    def fails(self: object, beginning: Beginning) -> None:
        raise RuntimeError(f"no answer from {SECRET}")

    broken = type("Broken", (Recorder,), {"id": "broken", "told": [], "__init__": fails})
    with pytest.raises(InputError, match="take broken out of PELLUCID_TRACKERS") as caught:
        Tracking((recorder, broken), beginning(tmp_path), print)
    assert "secret" not in str(caught.value)
    assert recorder.told == [("begin", 0), "failed"]


@pytest.fixture
def trackers(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    yield monkeypatch
    monkeypatch.undo()
    settings.cache_clear()


@pytest.mark.parametrize("tracker", [MLflow, WandB])
def test_a_missing_package_is_told_before_anything_begins(
    trackers, tracker: type[RunTracker]
) -> None:
    trackers.setenv("PELLUCID_TRACKERS", f"tensorboard,{tracker.id}")
    trackers.setitem(sys.modules, tracker.module, None)
    settings.cache_clear()
    before = api.unfinished_runs()
    with pytest.raises(InputError, match=rf"PELLUCID_TRACKERS names {tracker.id}.*pip install"):
        api.train(**OPTIONS, seed=5)
    assert api.unfinished_runs() == before


def test_trackers_are_chosen_by_name(trackers) -> None:
    def chosen(names: str) -> tuple[type[RunTracker], ...]:
        trackers.setenv("PELLUCID_TRACKERS", names)
        settings.cache_clear()
        return registry.chosen()

    assert chosen("tensorboard, tensorboard") == (TensorBoard,)
    assert chosen("") == ()
    with pytest.raises(UnknownNameError, match="tensorbord"):
        chosen("tensorbord")
    trackers.delenv("PELLUCID_TRACKERS")
    settings.cache_clear()
    assert registry.chosen() == (TensorBoard,)


def test_mlflow_keeps_each_epoch_once(trackers, tmp_path: Path, trained) -> None:
    pytest.importorskip("mlflow", reason=f"MLflow is not installed: {MLflow.install}")
    pytest.importorskip("sqlalchemy", reason=f"no database for MLflow: {MLflow.install}")
    from mlflow import MlflowClient

    trackers.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    tracker = MLflow(beginning(tmp_path / "run"))
    for epoch in epochs(2):
        tracker.epoch(epoch)
    tracker.stop(failed=False)
    again = MLflow(beginning(tmp_path / "run", 1))  # the second epoch's checkpoint was lost
    for epoch in epochs(3)[1:]:
        again.epoch(epoch)
    again.end(replace(trained[0], history=epochs(3)))
    client = MlflowClient()
    (run,) = client.search_runs([client.get_experiment_by_name("pellucid").experiment_id])
    assert run.info.status == "FINISHED"
    assert run.data.params == {"recipe": "scratch", "epochs": "3", "flip": "True"}
    assert run.data.tags["command"] == "python -m core train"
    for tag, points in expected(epochs(3)).items():
        logged = client.get_metric_history(run.info.run_id, tag)
        assert [(metric.step, metric.value) for metric in logged] == points


def test_wandb_keeps_each_epoch_once_offline(trackers, tmp_path: Path, trained) -> None:
    pytest.importorskip("wandb", reason=f"W&B is not installed: {WandB.install}")
    trackers.setenv("WANDB_MODE", "offline")
    trackers.delenv("WANDB_DIR", raising=False)
    trackers.setenv("PELLUCID_HOME", str(tmp_path))
    settings.cache_clear()
    WandB(beginning(tmp_path)).stop(failed=False)  # before its first epoch
    time.sleep(1.1)  # W&B names offline folders by the second
    tracker = WandB(beginning(tmp_path))
    for epoch in epochs(2):
        tracker.epoch(epoch)
    tracker.stop(failed=False)
    time.sleep(1.1)
    again = WandB(beginning(tmp_path, 1))  # the second epoch's checkpoint was lost
    for epoch in epochs(3)[1:]:
        again.epoch(epoch)
    again.end(replace(trained[0], history=epochs(3)))
    files = sorted(tmp_path.glob("wandb/offline-run-*/*.wandb"))
    assert len({file.name for file in files}) == 1
    records = [record for file in files for record in offline(file)]
    assert rows(records) == [{"_step": e.epoch, **scalars(e)} for e in epochs(3)]
    assert {r.run.host for r in records if r.HasField("run")} == {"-"}
    assert not any(r.HasField(kind) for r in records for kind in ("environment", "files", "stats"))


def rows(records: list[Any]) -> list[dict[str, float]]:
    """What was logged, without the times."""
    found = []
    for record in records:
        if record.HasField("history"):
            items = record.history.item
            row = {i.key or "/".join(i.nested_key): json.loads(i.value_json) for i in items}
            found.append({k: v for k, v in row.items() if k not in ("_timestamp", "_runtime")})
    return found


def offline(file: Path, block: int = 32768, header: int = 7) -> list[Any]:
    """Records of one of W&B's offline files: LevelDB's log format behind a header of its own."""
    from wandb.proto.wandb_internal_pb2 import Record

    payload, at, record, records = file.read_bytes(), header, b"", []
    while at + header <= len(payload):
        left = block - at % block
        if left < header:
            at += left
            continue
        _, length, kind = struct.unpack_from("<IHB", payload, at)
        record += payload[at + header : at + header + length]
        at += header + length
        if kind in (1, 4):  # whole, or the last part
            records.append(Record.FromString(record))
            record = b""
    return records
