"""The Models page with the real core: tiny runs, trained in this process."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core import api
from core.api import JobView
from core.contracts import Run
from core.errors import Cancelled, PellucidError, TrainingError
from core.runs import MANIFEST, manifest, run_folder, unfinished_root, write_json
from core.settings import settings
from dashboard import run_text, services
from dashboard.app_pages.models import page_choice as models_choice
from dashboard.app_pages.models.page_choice import ModelsChoice
from dashboard.services import Training, TrainingSetup, _model_jobs
from tests.dashboard.conftest import APP, settled, texts

PAGE = "from dashboard.app_pages.models import page as models; models.page()"
DATA = "portraits?n_train=120&n_validation=30&n_test=60"
OPTIONS = {"epochs": 2, "parameters": {"batch_size": 30}}
TINY = (("n_train", 120), ("n_validation", 30), ("n_test", 60))
ORDER_77 = TrainingSetup("portraits", TINY, "scratch", "", (("batch_size", 30), ("epochs", 2)), 77)


@pytest.fixture(scope="module")
def trained() -> Iterator[tuple[Run, Run]]:
    """A run, and one of the same data with another seed."""
    found = api.train(dataset=DATA, **OPTIONS), api.train(dataset=DATA, **OPTIONS, seed=1)
    yield found
    for run in found:
        if services.run(run.model) is not None:
            api.delete_run(run.model)


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that was stopped in its second epoch."""

    class Stops:
        left = 8

        def progress(self, fraction: float, message: str = "") -> None:
            """Hear nothing."""

        def check(self) -> None:
            self.left -= 1
            if self.left < 0:
                raise Cancelled("stopped by the test")

    with pytest.raises(Cancelled):
        api.train(dataset=DATA, **OPTIONS, seed=2, control=Stops())
    (held,) = api.unfinished_runs()
    aside = tmp_path_factory.mktemp("left") / held.request.key
    shutil.move(unfinished_root() / held.request.key, aside)
    return aside


@pytest.fixture
def stopped(left: Path) -> Iterator[str]:
    """A run that lies unfinished: the id that its model would have."""
    shutil.copytree(left, unfinished_root() / left.name)
    (held,) = api.unfinished_runs()
    yield held.request.model_id
    shutil.rmtree(unfinished_root() / left.name, ignore_errors=True)


def opened(shown: ModelsChoice | None = None, **query: str) -> AppTest:
    app = AppTest.from_string(PAGE, default_timeout=60)
    for name, value in query.items():
        app.query_params[name] = value
    if shown is not None:
        app.session_state["models shown"] = shown
    return app.run()


def said(app: AppTest) -> str:
    """Everything that a visitor reads, pieces of HTML included, spaces made plain."""
    pieces = [element.proto.body for element in app.get("html")]
    labels = [button.label for button in app.button]
    text = "\n".join([texts(app), *pieces, *labels])
    return unescape(text).replace("\N{NO-BREAK SPACE}", " ")


def calm(app: AppTest) -> AppTest:
    assert not app.exception
    assert not app.error, [error.value for error in app.error]
    return app


# ---- the list


def test_every_run_is_listed_with_its_accuracy_first(trained: tuple[Run, Run]) -> None:
    app = calm(opened())
    words = said(app)
    for run in services.runs():
        assert app.button(key=f"open/{run.model}")
        assert run.test is not None
        rate = services.rate_of(run.test)
        assert f"{rate.k} of {rate.n} right" in words
        if run.seeds is not None:
            assert run_text.seeds_range(run.seeds).replace("\N{NO-BREAK SPACE}", " ") in words
    assert any(run.seeds is not None for run in services.runs())
    assert "● trained here" in words
    assert "95 %:" in words
    assert "Fairness page audits" in words


def test_an_empty_home_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "runs", lambda: ())
    assert "Press New run" in calm(opened()).info[0].value


def test_opening_a_run_is_an_address(trained: tuple[Run, Run]) -> None:
    app = opened()
    app.button(key=f"open/{trained[0].model}").click().run()
    assert app.query_params["run"] in (trained[0].model, [trained[0].model])


def test_at_most_four_runs_are_ticked(trained: tuple[Run, Run]) -> None:
    app = opened()
    assert app.button(key="compare runs").disabled
    for run in trained:
        app.checkbox(key=f"tick/{run.model}").check().run()
    assert app.button(key="compare runs").label == "Compare 2 runs"
    app.button(key="compare runs").click().run()
    assert "Side by side" in said(app)


# ---- one run


def test_a_run_shows_curves_confusion_groups_mistakes_and_how_it_was_made(
    trained: tuple[Run, Run],
) -> None:
    run = trained[0]
    app = calm(settled(opened(run=run.model)))
    words = said(app)
    for title in ("How it learned", "What it takes for what", "Whom it fails",
                  "Its surest mistakes", "How it was made", "What it can't show"):  # fmt: skip
        assert title in words
    assert len(app.get("plotly_chart")) == 4
    assert {button.label for button in app.get("download_button")} >= {
        "Predictions (csv)", "Predictions (parquet)",
    }  # fmt: skip
    assert "batch size | **30** | 64" in words
    commands = [element.value for element in app.code]
    assert run.command in commands
    assert app.button(key="delete for good")


def test_the_groups_are_those_of_the_chosen_attribute(trained: tuple[Run, Run]) -> None:
    app = opened(run=trained[0].model, by="lighting")
    assert app.selectbox(key="models by").value == "lighting"
    app.selectbox(key="models by").set_value("hair").run()
    assert app.query_params["by"] in ("hair", ["hair"])


def test_a_click_on_a_mistake_opens_inspect_with_this_model(trained: tuple[Run, Run]) -> None:
    run = trained[0]
    request = services.predictions_request(run)
    predictions = api.answer(request)
    worst = services.worst_mistakes(predictions, 3)
    assert worst
    assert worst[0].probability >= worst[-1].probability
    app = AppTest.from_string(PAGE, default_timeout=60)
    app.session_state["models to inspect"] = (run, worst[0].index)
    app.run()
    choice = app.session_state["choice"]
    assert choice.model == run.model
    assert choice.picture.endswith(f"~test~{worst[0].index}")


def test_a_run_that_is_not_here_is_explained() -> None:
    app = calm(opened(run="portraits_scratch_00000000"))
    assert "no run of this name" in app.info[0].value


def test_a_deleted_run_is_gone_and_can_be_trained_again(trained: tuple[Run, Run]) -> None:
    request = api.train_request(dataset=DATA, **OPTIONS, seed=77)
    copy = replace(trained[0], model=request.model_id, key=request.key)
    folder = run_folder(trained[0].model)
    shutil.copytree(folder, folder.with_name(copy.model))
    write_json(folder.with_name(copy.model) / MANIFEST, manifest(copy))
    os.utime(folder.parent)
    assert services.start_training(ORDER_77).result(timeout=30).key == request.key
    assert services.submit(request, owner="test", patience=0).state == "done"
    assert copy.model in services.models()
    app = opened(run=copy.model)
    app.button(key="delete for good").click().run()
    calm(app)
    assert "Every model that was trained" in said(app)
    assert copy.model not in services.models()
    assert services.trained_before(request) is None
    assert services.view(request.key) is None, "no job of this server says that it is done"


def test_a_session_that_looked_at_a_deleted_model_is_told() -> None:
    from dashboard.state import Choice

    app = AppTest.from_file(APP, default_timeout=60)
    app.session_state["choice"] = Choice(model="portraits_scratch_00000000")
    app.run()
    assert not app.exception
    assert "was deleted" in app.info[0].value


# ---- side by side


def test_two_runs_side_by_side_with_what_the_second_lost(trained: tuple[Run, Run]) -> None:
    ids = ",".join(run.model for run in trained)
    app = calm(settled(opened(view="compare", **{"with": ids})))
    words = said(app)
    assert "Same answer on" in words
    assert "McNemar" in words
    assert "<th>Seed</th>" in words
    assert "<th>Epochs</th>" not in words, "what is the same in both is left out"
    assert len(app.get("plotly_chart")) == 3


def test_one_run_is_no_comparison(trained: tuple[Run, Run]) -> None:
    app = calm(opened(view="compare", **{"with": trained[0].model}))
    assert "Tick two to 4" in app.info[0].value


# ---- a new run


def test_the_form_is_filled_in_and_what_is_changed_is_in_the_address() -> None:
    app = calm(opened(view="new"))
    assert app.slider(key="parameter/order/portraits/bias").value == 0.0
    assert app.number_input(key="parameter/order/scratch/epochs").value == 10
    app.slider(key="parameter/order/portraits/bias").set_value(0.9).run()
    app.number_input(key="parameter/order/scratch/epochs").set_value(3).run()
    app.number_input(key="parameter/order/scratch/batch_size").set_value(30).run()
    query = {name: str(app.query_params[name]).strip("[']") for name in app.query_params}
    assert (query["d.bias"], query["p.epochs"], query["p.batch_size"]) == ("0.9", "3", "30")
    again = calm(opened(**query))
    assert again.number_input(key="parameter/order/scratch/epochs").value == 3


def test_another_recipe_keeps_what_both_have() -> None:
    app = opened(view="new", **{"p.epochs": "3"})
    app.selectbox(key="order recipe").set_value("adversarial").run()
    calm(app)
    assert app.number_input(key="parameter/order/adversarial/epochs").value == 3


def test_the_cost_is_told_from_what_was_trained(trained: tuple[Run, Run]) -> None:
    order = TrainingSetup("portraits", TINY, "scratch", "", (("batch_size", 30), ("epochs", 4)), 0)
    known = services.expected_seconds(order)
    assert known is not None
    seconds, by = known
    assert seconds == pytest.approx(2 * by.seconds)
    twice = replace(order, data=(("n_train", 240), *TINY[1:]))
    assert services.expected_seconds(twice)[0] == pytest.approx(4 * by.seconds)
    assert "About" in said(opened(ModelsChoice(view="new", order=order)))
    other = replace(order, parameters=(("architecture", "resnet20"),))
    assert services.expected_seconds(other) is None
    assert "not known" in said(opened(ModelsChoice(view="new", order=other)))


def test_the_same_run_asked_twice_says_so_and_opens(trained: tuple[Run, Run]) -> None:
    order = TrainingSetup("portraits", TINY, "scratch", "", (("batch_size", 30), ("epochs", 2)), 0)
    app = calm(opened(ModelsChoice(view="new", order=order)))
    assert "was trained before" in app.info[0].value
    app.button(key="open same").click().run()
    assert app.query_params["run"] in (trained[0].model, [trained[0].model])
    request = services.start_training(order).result(timeout=30)
    assert services.trained_before(request).model == trained[0].model
    assert services.training(request.model_id) is None, "nothing was begun"


def test_data_that_cannot_be_read_are_explained_and_the_form_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PELLUCID_DATASETS", "folder:/nowhere/pets")
    settings.cache_clear()
    try:
        app = opened(view="new", dataset="folder-pets", **{"p.epochs": "7"})
        app.button(key="start").click().run()
        end = time.monotonic() + 200
        while not app.error and time.monotonic() < end:
            app.run()
        assert not app.exception
        assert len(app.error) == 1
        assert app.number_input(key="parameter/order/scratch/epochs").value == 7
    finally:
        monkeypatch.undo()
        settings.cache_clear()


# ---- unfinished runs


def test_an_unfinished_run_is_listed_and_can_go_on_or_be_discarded(stopped: str) -> None:
    app = calm(opened())
    words = said(app)
    assert "◐ unfinished" in words
    assert "1 of 2 epochs done and kept" in words
    app.button(key=f"open/{stopped}").click().run()
    calm(app)
    assert app.button(key="go on").label == "Go on"
    assert len(app.get("plotly_chart")) == 2
    app.button(key="change order").click().run()
    assert app.number_input(key="parameter/order/scratch/epochs").value == 2
    gone = opened(run=stopped)
    gone.button(key="discard for good").click().run()
    calm(gone)
    assert api.unfinished_runs() == ()
    assert services.training(stopped) is None


def test_a_failure_is_told_in_words(stopped: str, monkeypatch: pytest.MonkeyPatch) -> None:
    held = services.training(stopped)
    assert held is not None
    error: PellucidError = TrainingError(
        "The loss is no number any more: <b>use</b> a smaller one."
    )
    job = JobView(held.request.key, "train", "training", "failed", 0.5, "", None, 0, 0, error, None,
                  3.0, ())  # fmt: skip
    failed = Training(held.request, held.history, job, kept=True)
    monkeypatch.setattr(services, "training", lambda model_id: failed)
    app = opened(run=stopped)
    assert not app.exception
    assert "The loss is no number any more" in unescape(app.error[0].value)
    assert "<b>" not in app.error[0].value
    assert "✗ failed" in said(app) or any("failed" in m.value for m in app.markdown)


def test_a_run_under_way_has_a_bar_and_can_be_cancelled(
    stopped: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = services.training(stopped)
    assert held is not None
    job = JobView(held.request.key, "train", "training", "running", 0.5, "train: epoch 2 of 2",
                  40.0, 0, 1, None, None, 3.0, ())  # fmt: skip
    running = Training(held.request, held.history, job, kept=True)
    cancelled: list[str] = []
    monkeypatch.setattr(services, "training", lambda model_id: running)
    monkeypatch.setattr(services, "trainings", lambda: (running,))
    monkeypatch.setattr(services, "stop_training", cancelled.append)
    app = calm(opened(run=stopped))
    bars = [element.proto.text for element in app.get("progress")]
    assert any("epoch 2 of 2" in unescape(text) and "40 s left" in text for text in bars)
    app.button(key=f"cancel/{held.request.key}").click().run()
    assert cancelled == [held.request.key]
    assert "▶ under way" in said(opened(models_choice.ModelsChoice()))


# ---- smaller versions, and weights of one's own


def test_a_smaller_version_is_ordered_watched_and_stopped(
    trained: tuple[Run, Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = trained[0]
    state = ["running"]

    def job(key: str) -> JobView:
        return JobView(key, "compress", "training", state[0], 0.4, "calibrating", 9.0, 0, 1, None,
                       None, 1.0, ())  # fmt: skip

    monkeypatch.setattr(_model_jobs, "submit", lambda request, **_: job(request.key))
    monkeypatch.setattr(_model_jobs, "view", job)
    monkeypatch.setattr(_model_jobs, "cancel", lambda key, owner: state.__setitem__(0, "cancelled"))
    app = opened(run=run.model)
    app.session_state["smaller form"] = "pruned"
    app.run()
    app.slider(key="parameter/pruned/sparsity").set_value(0.5).run()
    app.button(key="make smaller").click().run()
    calm(app)
    (held,) = services.model_jobs()
    assert held.request.model.id == run.model
    assert held.request.parameters == {"sparsity": 0.5}
    bars = [element.proto.text for element in app.get("progress")]
    assert any("calibrating" in unescape(text) and "9 s left" in text for text in bars)
    app.button(key=f"cancel/{held.request.key}").click().run()
    assert services.model_jobs() == ()
    calm(app)


def test_weights_that_are_none_are_refused_and_nothing_typed_is_lost() -> None:
    app = calm(opened(view="bring"))
    app.segmented_control(key="bring kind").set_value("Weights alone").run()
    assert app.button(key="bring it").disabled
    app.text_input(key="bring name").set_value("Mine <b>").run()
    app.selectbox(key="bring architecture").set_value("resnet8").run()
    app.text_area(key="bring classes").set_value("none\nglasses\nsunglasses").run()
    app.file_uploader[0].set_value([("mine.safetensors", b"\x80pickle" * 9, "")]).run()
    app.button(key="bring it").click().run()
    assert not app.exception
    assert "a pickle, which runs code" in unescape(app.error[0].value)
    app.button(key="all models").click().run()
    app.button(key="bring").click().run()
    app.segmented_control(key="bring kind").set_value("Weights alone").run()
    assert app.text_input(key="bring name").value == "Mine <b>"
    assert app.text_area(key="bring classes").value == "none\nglasses\nsunglasses"
    assert app.selectbox(key="bring architecture").value == "resnet8"


def test_weights_of_one_s_own_become_a_model(trained: tuple[Run, Run]) -> None:
    file = run_folder(trained[0].model) / trained[0].file
    app = opened(view="bring")
    app.segmented_control(key="bring kind").set_value("Weights alone").run()
    app.text_input(key="bring name").set_value("My network").run()
    app.selectbox(key="bring architecture").set_value("resnet8").run()
    app.text_area(key="bring classes").set_value("none\nglasses\nsunglasses").run()
    app.file_uploader[0].set_value([("mine.safetensors", file.read_bytes(), "")]).run()
    app.button(key="bring it").click().run()
    calm(settled(app).run())
    words = said(app)
    assert "My network" in words
    assert "↥ brought along" in words
    (run,) = (run for run in services.runs() if run.origin == "imported")
    assert app.query_params["run"] in (run.model, [run.model])
    assert run.classes == ("none", "glasses", "sunglasses")
    app.button(key="delete for good").click().run()
    assert services.run(run.model) is None
