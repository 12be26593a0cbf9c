"""Smaller models: as exact as they say, measured as they say, and honest about what they lack."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import load_file
from scipy.stats import spearmanr

from core import api
from core.contracts import Array, CompressionForm, ModelRef, Run
from core.errors import (
    CapabilityError,
    InputError,
    ParameterError,
    StoreError,
    UnknownNameError,
    WeightsError,
)
from core.models.file_forward import adds_int8_exactly
from core.models.runtime import Runtime, runtime
from core.runs import run_folder, unfinished_root
from core.settings import settings
from tests.commands import answer

ROOT = Path(__file__).resolve().parents[2]
DATA = "portraits?n_train=400&n_validation=30&n_test=150"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home of its own: what is made here is nobody else's zoo."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PELLUCID_HOME", str(tmp_path_factory.mktemp("home")))
        settings.cache_clear()
        yield settings().root
    settings.cache_clear()


@pytest.fixture(scope="module")
def twin(home: Path) -> Run:
    return api.run("portraits_fair")


@pytest.fixture(scope="module")
def float16(twin: Run) -> Run:
    return api.compress(twin.model, form="float16", dataset=DATA)


@pytest.fixture(scope="module")
def int8(twin: Run) -> Run:
    return api.compress(twin.model, form="int8", dataset=DATA)


@pytest.fixture(scope="module")
def pruned(twin: Run) -> Run:
    return api.compress(twin.model, form="pruned", sparsity=0.7, dataset=DATA)


@pytest.fixture(scope="module")
def pictures(home: Path) -> Array:
    part = api.open_dataset(DATA).part("test")
    return part.pixels(range(60), (64, 64, 3)).astype(np.float32) / np.float32(255)


def model(run: Run) -> Runtime:
    return runtime(ModelRef(run.model))


def test_float16_answers_as_its_twin(twin: Run, float16: Run, pictures: Array) -> None:
    ours, theirs = model(float16).logits(pictures), model(twin).logits(pictures)
    np.testing.assert_allclose(ours, theirs, atol=1e-2)
    assert (ours != theirs).any(), "half precision that changes nothing was not stored"
    np.testing.assert_array_equal(ours.argmax(axis=1), theirs.argmax(axis=1))
    assert 0.4 < float16.bytes / twin.bytes < 0.65
    assert float16.format == "float16"


def test_int8_agrees_with_its_twin_on_pictures_it_was_not_calibrated_with(
    twin: Run, int8: Run
) -> None:
    assert int8.facts["agreement"] >= 0.95
    assert int8.facts["compared_pictures"] == 150
    assert int8.facts["calibration_pictures"] == 128
    assert int8.bytes == int8.facts["bytes_after"] < 0.4 * twin.bytes
    assert 0 < int8.facts["mean_abs_dp"] < 0.05
    assert int8.facts["latency_ms_before"] > 0 < int8.facts["latency_ms_after"]


def test_every_layer_s_features_are_the_twin_s(twin: Run, float16: Run, pictures: Array) -> None:
    some = pictures[:4]
    for layer in model(twin).spec.layers:
        _, theirs = model(twin).features(some, layer)
        logits, ours = model(float16).features(some, layer)
        assert ours.shape == theirs.shape
        np.testing.assert_allclose(ours, theirs, atol=0.02 * theirs.max())
        np.testing.assert_allclose(logits, model(float16).logits(some), atol=1e-4)


@pytest.mark.parametrize("form", ["float16", "int8"])
def test_the_head_leads_from_features_to_the_same_logits(
    form: str, request: pytest.FixtureRequest, pictures: Array
) -> None:
    small, some = model(request.getfixturevalue(form)), pictures[:4]
    for layer in small.spec.layers:
        logits, features = small.features(some, layer)
        head = small.head_logits(features, layer)
        np.testing.assert_allclose(head, logits, atol=0.02 * np.abs(logits).max())
        assert np.abs(small.head_logits(features * 0, layer) - logits).max() > 0.1


def test_pruning_leaves_exactly_the_stated_share_of_zeros(twin: Run, pruned: Run) -> None:
    before, after = (load_file(run_folder(r.model) / r.file) for r in (twin, pruned))
    kernels = [name for name in after if after[name].ndim >= 2]
    zeros = sum(int((after[name] == 0).sum()) for name in kernels)
    n = sum(after[name].size for name in kernels)
    assert zeros == round(0.7 * n) == pruned.facts["zeros"]
    assert pruned.facts["sparsity"] == pytest.approx(0.7, abs=1e-4)
    for (
        name
    ) in kernels:  # 400 pictures: nothing was learnt afterwards, so what is left is as it was
        kept = after[name] != 0
        np.testing.assert_array_equal(after[name][kept], before[name][kept])
    dropped = max(np.abs(before[x][after[x] == 0]).max(initial=0) for x in kernels)
    left = min(np.abs(after[x][after[x] != 0]).min(initial=np.inf) for x in kernels)
    assert dropped <= left, "the smallest weights go, whichever layer they are in"
    assert any("learnt nothing" in note for note in pruned.notes)
    assert pruned.facts["packed_bytes_after"] < 0.6 * pruned.facts["packed_bytes_before"]


def test_a_pruned_model_keeps_its_gradients(twin: Run, pruned: Run) -> None:
    card = next(card for card in api.models() if card.id == pruned.model)
    assert (card.gradients, card.features, card.origin) == (True, True, "compressed")
    picture = api.dataset_picture(DATA, "test", 0)
    assert api.explain(picture, model=pruned.model, method="gradcam").map.shape == (64, 64)


def test_what_is_learnt_from_the_twin_leaves_zeros_zero(
    twin: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.compression import prune

    monkeypatch.setattr(prune, "ENOUGH", 100)
    monkeypatch.setattr(prune, "STEPS", 4)
    run = api.compress(twin.model, form="pruned", sparsity=0.9, dataset=DATA)
    bare = 1 - round(0.9 * 76912) / 76912
    tensors = load_file(run_folder(run.model) / run.file)
    left = [(tensors[x] != 0).sum() for x in tensors if tensors[x].ndim >= 2]
    assert sum(left) / 76912 == pytest.approx(bare, abs=1e-6)
    assert run.facts["learning_steps"] == 4
    before = load_file(run_folder(twin.model) / twin.file)
    kernels = [x for x in tensors if tensors[x].ndim >= 2 and (tensors[x] != 0).any()]
    assert all((tensors[x] != before[x])[tensors[x] != 0].any() for x in kernels)


@pytest.mark.slow
def test_learning_from_the_twin_pays(twin: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """More pictures are answered as the twin does, on test pictures, than with statistics alone."""
    from core.compression import prune

    data = "portraits?n_train=1000&n_validation=30&n_test=400"
    learnt = api.compress(twin.model, form="pruned", sparsity=0.95, dataset=data)
    monkeypatch.setattr(prune, "ENOUGH", 10_000)
    bare = api.compress(twin.model, form="pruned", sparsity=0.95, dataset=data, seed=1)
    assert float(learnt.facts["agreement"]) > float(bare.facts["agreement"]) + 0.02, (
        learnt.facts,
        bare.facts,
    )


def test_the_facts_are_what_the_pages_will_find(twin: Run, int8: Run) -> None:
    before, after = (api.predict_dataset(DATA, model=run.model) for run in (twin, int8))
    found = api.paired(before, after)
    assert found.agree / found.n == pytest.approx(float(int8.facts["agreement"]))
    assert (found.lost, found.gained) == (int8.facts["lost"], int8.facts["gained"])
    assert int8.test is not None
    assert int8.twin_test is not None
    assert api.evaluation(after).confusion == int8.test.confusion
    assert api.evaluation(before).confusion == int8.twin_test.confusion
    assert {(g.attribute, g.group, g.n) for g in int8.test.groups} == {
        (g.attribute, g.group, g.n) for g in int8.twin_test.groups
    }
    assert len(int8.test.groups) > 10
    assert int8.dataset == DATA


def test_forward_only_methods_explain_it_and_agree_with_the_twin(twin: Run, int8: Run) -> None:
    picture = api.dataset_picture(DATA, "test", 3)
    for method, options in (("occlusion", {}), ("eigencam", {}), ("ablationcam", {}),
                            ("reciprocam", {}),
                            ("rise", {"parameters": {"n_masks": 200}})):  # fmt: skip
        ours, theirs = (
            api.explain(picture, model=run.model, method=method, target=0, **options).map
            for run in (int8, twin)
        )
        assert spearmanr(ours.ravel(), theirs.ravel()).statistic > 0.7, method
    result = api.answer(api.shap_request(picture, model=int8.model, explainer="partition"))
    assert "OpenVINO" in result.device


def test_what_it_cannot_do_is_refused_and_the_twin_named(twin: Run, int8: Run) -> None:
    picture = api.dataset_picture(DATA, "test", 0)
    card = next(card for card in api.models() if card.id == int8.model)
    assert (card.gradients, card.features, card.twin) == (False, True, twin.model)
    for refused in (
        lambda: api.explain(picture, model=int8.model, method="gradcam"),
        lambda: api.drift(picture, model=int8.model, method="occlusion", path="adversarial"),
        lambda: api.visualise_request(model=int8.model, target=0),
        lambda: model(int8).network(),
        lambda: model(int8).gradient(np.zeros((1, 64, 64, 3), np.float32), np.zeros((1, 3))),
    ):
        with pytest.raises(CapabilityError, match=twin.model):
            refused()
    with pytest.raises(CapabilityError, match="cannot be drawn anew"):
        api.sanity(model=int8.model, method="eigencam")
    with pytest.raises(WeightsError, match="takes no other weights"):
        api.explain(picture, model=int8.model, method="rise", weights="random")


def test_the_same_request_twice_compresses_once(twin: Run, int8: Run) -> None:
    def asked(form: CompressionForm = "int8", **changed: object) -> str:
        return api.compress_request(twin.model, form=form, **{"dataset": DATA} | changed).key

    again = api.compress(twin.model, form="int8", dataset=DATA)
    assert (again.cached, again.model, again.key) == (True, int8.model, int8.key)
    assert asked(seed=1) != int8.key
    assert asked(sparsity=0.3) == int8.key
    assert asked("pruned", sparsity=0.5) != asked("pruned", sparsity=0.9)
    own = api.compress_request(twin.model, form="int8")
    assert own.data_text == twin.dataset
    assert own.key != int8.key
    assert f"--form int8 --dataset '{DATA}'" in int8.command


def test_what_ends_halfway_is_never_listed(twin: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {card.id for card in api.models()}

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("core.runs.write_json", full)
    with pytest.raises(StoreError, match="No space left"):
        api.compress(twin.model, form="float16", dataset=DATA, seed=7)
    assert {card.id for card in api.models()} == before
    request = api.compress_request(twin.model, form="float16", dataset=DATA, seed=7)
    assert not (unfinished_root() / request.key).exists()
    assert api.unfinished_runs() == ()


def test_a_changed_file_is_refused(int8: Run) -> None:
    file = run_folder(int8.model) / int8.file
    whole = file.read_bytes()
    try:
        file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 255]))
        with pytest.raises(WeightsError, match="damaged or changed"):
            api.predict_dataset(DATA, model=int8.model, limit=7)
    finally:
        file.write_bytes(whole)


def test_wrong_requests_are_refused_before_anything_is_done(twin: Run, int8: Run) -> None:
    with pytest.raises(UnknownNameError, match="int8"):
        api.compress_request(twin.model, form="int9")  # type: ignore[arg-type]
    with pytest.raises(CapabilityError, match=f"made of: {twin.model}"):
        api.compress_request(int8.model, form="float16")
    with pytest.raises(InputError, match="not trained here"):
        api.compress_request("efficientnet_lite0", form="int8")
    with pytest.raises(InputError, match="no dataset and no folder"):
        api.compress_request(twin.model, form="int8", dataset="/nowhere")
    with pytest.raises(ParameterError, match="sparsity"):
        api.compress_request(twin.model, form="pruned", sparsity=1.0)
    with pytest.raises(UnknownNameError):
        api.compress_request("no_such_model", form="int8")


@pytest.fixture(scope="module")
def folder(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixteen pictures in one folder, and the same in class folders."""
    root = tmp_path_factory.mktemp("pictures")
    data = api.open_dataset(DATA)
    for i in range(16):
        label = data.classes[int(data.part("test").labels[i])]
        for place in (root / "plain", root / "labelled" / label):
            place.mkdir(parents=True, exist_ok=True)
            picture = api.dataset_picture(DATA, "test", i)
            Image.fromarray(picture.pixels).save(place / f"{i:02d}.png")
    return root


def test_a_plain_folder_gives_agreement_alone(twin: Run, folder: Path) -> None:
    run = api.compress(twin.model, form="float16", dataset=str(folder / "plain"))
    assert (run.test, run.twin_test, run.dataset) == (None, None, "")
    assert run.facts["calibration_pictures"] == run.facts["compared_pictures"] == 8
    assert run.facts["agreement"] == 1.0
    assert "accuracy_after" not in run.facts
    assert any("no labels" in note for note in run.notes)


def test_labels_of_a_folder_count_if_they_are_the_model_s_classes(twin: Run, folder: Path) -> None:
    run = api.compress(twin.model, form="float16", dataset=str(folder / "labelled"))
    assert run.test is not None
    assert run.twin_test is not None
    assert run.test.n == 8
    assert run.test.accuracy == run.facts["accuracy_after"]


def test_forms_have_cards() -> None:
    cards = {card.id: card for card in api.compressions()}
    assert set(cards) == {"float16", "int8", "pruned"}
    assert [card.id for card in cards.values() if card.gradients] == ["pruned"]
    assert [p.name for p in cards["pruned"].parameters] == ["sparsity"]


def test_where_int8_would_saturate_it_is_computed_in_float32(
    int8: Run, pictures: Array, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.models import file_forward, lite

    exact = model(int8)
    expected = exact.logits(pictures)
    if file_forward.adds_int8_exactly():
        assert "OpenVINO int8" in exact.device
    monkeypatch.setattr(file_forward, "adds_int8_exactly", lambda: False)
    spec = exact.spec
    simulated = lite.open_lite(Path(spec.weights_path), spec.layers, 3)
    assert simulated.arithmetic == "OpenVINO, int8 computed in f32"
    logits = simulated.run(pictures, ("logits",))[0]
    steps = np.diff(np.unique(expected.round(4)))  # eight bits: logits come in steps
    assert np.abs(logits - expected).max() < 3.5 * steps.min()  # three of them at most
    assert (logits.argmax(axis=1) == expected.argmax(axis=1)).mean() > 0.95


def test_a_processor_without_exact_int8_is_recognised() -> None:
    """The same processor, told to do without VNNI: its products saturate, and the probe sees it."""
    if not adds_int8_exactly():
        pytest.skip("this processor has no exact int8 products to take away")
    code = "from core.models.file_forward import adds_int8_exactly; print(adds_int8_exactly())"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True,
        env={**os.environ, "ONEDNN_MAX_CPU_ISA": "AVX2"},
    )  # fmt: skip
    assert done.stdout.strip() == "False"


def test_the_command_line_compresses_and_predicts_without_tensorflow(
    twin: Run, int8: Run, home: Path, tmp_path: Path
) -> None:
    told = answer("compress", "--model", twin.model, "--form", "int8", "--dataset", DATA)
    assert told["model"] == int8.model
    assert told["cached"]
    assert told["test"]["accuracy"] == told["facts"]["accuracy_after"]
    picture = tmp_path / "one.png"
    Image.fromarray(api.dataset_picture(DATA, "test", 0).pixels).save(picture)
    code = (
        "import sys; from core import api\n"
        f"api.explain({str(picture)!r}, model={int8.model!r}, method='occlusion')\n"
        "print('tensorflow' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True,
        env={**os.environ, "PELLUCID_HOME": str(home)},
    )  # fmt: skip
    assert done.stdout.strip() == "False"
