"""What holds for every recipe: it trains, its run is a model of the zoo, and it goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import load_file

from core import api
from core.contracts import ModelRef, Run
from core.control import LocalControl
from core.data.evaluate import evaluation
from core.errors import Cancelled, CapabilityError, InputError, ParameterError
from core.models.labels import class_names
from core.models.runtime import runtime
from core.runs import run_folder
from core.settings import settings
from core.training.distillation import teacher_of
from core.training.registry import RECIPES

DATA = "portraits?n_train=90&n_validation=30&n_test=30"
BASE = "portraits_fair"
CIFAR = Path(__file__).resolve().parents[3] / "shared" / "data" / "cifar10-folder.tar.xz"
SMALL: dict[str, dict[str, object]] = {
    "head": {"epochs": 2, "batch_size": 30},
    "finetune": {"epochs": 2, "batch_size": 30, "head_epochs": 1},
    "scratch": {"epochs": 2, "batch_size": 30},
    "adversarial": {"epochs": 2, "batch_size": 30, "clean_epochs": 1, "steps": 2},
    "ibp": {"epochs": 2, "batch_size": 30, "clean_epochs": 0, "ramp": 1.0},
    "selfsupervised": {"epochs": 2, "batch_size": 30, "probe_epochs": 2},
    "distill": {"epochs": 2, "batch_size": 30},
}
STAGES = {
    "head": ["head"] * 2,
    "finetune": ["head", "finetune", "finetune"],
    "scratch": ["train"] * 2,
    "adversarial": ["clean", "train", "train"],
    "ibp": ["train"] * 2,
    "selfsupervised": ["pretraining"] * 2 + ["head"] * 2,
    "distill": ["train"] * 2,
}
MORE_THAN_ONE_LOSS = ("finetune", "ibp")
"""One that changes its loss from stage to stage, one that changes it within a stage."""


class StopsIn:
    """A control that stops the work inside an epoch of a stage."""

    def __init__(self, stage: str, epoch: int) -> None:
        self.where, self.now = f"{stage}: epoch {epoch} ", ""

    def progress(self, fraction: float, message: str = "") -> None:
        assert 0 <= fraction <= 1
        self.now = message

    def check(self) -> None:
        if self.now.startswith(self.where):
            raise Cancelled("stopped by the test")


@contextmanager
def home(folder: Path) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PELLUCID_HOME", str(folder))
        settings.cache_clear()
        yield
    settings.cache_clear()


@pytest.fixture(scope="module", autouse=True)
def elsewhere(tmp_path_factory) -> Iterator[None]:
    with home(tmp_path_factory.mktemp("recipes")):
        yield


def options(recipe: str, **parameters: object) -> dict[str, object]:
    base = None if RECIPES[recipe].base == "none" else BASE
    return {"dataset": DATA, "recipe": recipe, "base": base,
            "parameters": SMALL[recipe] | parameters}  # fmt: skip


@pytest.fixture(scope="module", params=RECIPES)
def run(request: pytest.FixtureRequest) -> Run:
    trained: Run = api.train(**options(request.param))
    return trained


def test_every_recipe_is_in_this_test() -> None:
    assert SMALL.keys() == STAGES.keys() == RECIPES.keys()


def test_the_run_is_a_model_of_the_zoo_with_gradients(run: Run) -> None:
    assert [epoch.stage for epoch in run.history] == STAGES[run.recipe]
    assert [epoch.epoch for epoch in run.history] == list(range(1, len(run.history) + 1))
    assert all(np.isfinite(epoch.train_loss) for epoch in run.history)
    assert run.model in {card.id for card in api.models()}
    model = runtime(ModelRef(run.model))
    assert model.classes.labels == run.classes == api.open_dataset(DATA).classes
    pixels = (
        api.open_dataset(DATA).part("test").pixels(range(2), (run.input_size, run.input_size, 3))
    )
    logits, gradients = model.gradient(
        pixels.astype(np.float32) / 255, np.eye(3, dtype=np.float32)[:2]
    )
    assert logits.shape == (2, 3)
    assert np.abs(gradients).max() > 0
    assert model.features(pixels.astype(np.float32) / 255)[1].ndim == 4


def test_its_test_accuracy_is_what_pages_find(run: Run) -> None:
    found = evaluation(api.predict_dataset(DATA, split="test", model=run.model))
    assert run.test is not None
    assert found.confusion == run.test.confusion
    assert found.groups == run.test.groups
    assert found.loss == pytest.approx(run.test.loss, abs=1e-4)
    # And what the last epoch measured, where it measured the model that was kept.
    assert run.history[-1].test_accuracy == pytest.approx(run.test.accuracy, abs=1e-6)


def test_the_same_run_twice_trains_once(run: Run) -> None:
    again = api.train(**options(run.recipe), control=StopsIn(run.history[0].stage, 1))
    assert again.cached
    assert (again.key, again.weights_sha256) == (run.key, run.weights_sha256)
    with pytest.raises(Cancelled):  # another seed would be trained
        api.train(**options(run.recipe), seed=1, control=StopsIn(run.history[0].stage, 1))


@pytest.mark.parametrize(
    "recipe",
    [
        recipe if recipe in MORE_THAN_ONE_LOSS else pytest.param(recipe, marks=pytest.mark.slow)
        for recipe in RECIPES
    ],
)
def test_a_run_that_was_stopped_in_its_last_stage_ends_as_if_it_had_not(
    recipe: str, tmp_path: Path
) -> None:
    """Bit for bit, on a processor."""
    whole = api.train(**options(recipe))
    with home(tmp_path):
        with pytest.raises(Cancelled):
            api.train(**options(recipe), control=StopsIn(whole.history[-1].stage, 2))
        (left,) = api.unfinished_runs()
        assert [e.stage for e in left.history] == STAGES[recipe][:-1]
        resumed = api.train(**options(recipe))
        weights = load_file(run_folder(resumed.model) / resumed.file)
    assert resumed.resumed
    for name, values in load_file(run_folder(whole.model) / whole.file).items():
        np.testing.assert_array_equal(values, weights[name], err_msg=name)
    assert resumed.test == whole.test
    assert [e.train_loss for e in resumed.history] == [e.train_loss for e in whole.history]


def test_only_what_was_unfrozen_has_changed_and_no_batch_statistics() -> None:
    made = api.train(**options("finetune"))
    after = load_file(run_folder(made.model) / made.file)
    before = load_file(run_folder(BASE) / "model.safetensors")
    changed = {name for name in before if not np.array_equal(before[name], after[name])}
    assert {"logits/kernel", "stage3_block1_b/kernel"} <= changed
    assert len(changed) < len(before) / 2
    assert not any("_bn/" in name for name in changed)
    assert "stem/kernel" not in changed


def test_a_head_changes_the_head_alone() -> None:
    made = api.train(**options("head"))
    after = load_file(run_folder(made.model) / made.file)
    before = load_file(run_folder(BASE) / "model.safetensors")
    changed = {name for name in before if not np.array_equal(before[name], after[name])}
    assert changed == {"logits/kernel", "logits/bias"}


def test_features_are_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from core.models.backbone import Backbone

    api.train(**options("head"))

    def again(*_: object) -> None:
        raise AssertionError("the features were in the store")

    monkeypatch.setattr(Backbone, "run", again)
    other = api.train(**options("head", learning_rate=1e-2))
    assert not other.cached


def test_a_part_of_the_pictures_keeps_the_classes_proportions() -> None:
    from core.data.subset import with_fewer

    whole = api.open_dataset(DATA)
    fewer = with_fewer(whole, 30, seed=0)
    part = fewer.part("train")
    assert len(part) == 30
    share = np.bincount(part.labels) / 30 - np.bincount(whole.part("train").labels) / 90
    assert np.abs(share).max() <= 1 / 30
    assert fewer.part("test") is whole.part("test")
    at = [whole.part("train").find(name) for name in part.ids]
    np.testing.assert_array_equal(
        part.pixels(range(5), (64, 64, 3)), whole.part("train").pixels(at[:5], (64, 64, 3))
    )
    assert [part.groups["skin_tone"][i] for i in range(30)] == [
        whole.part("train").groups["skin_tone"][i] for i in at
    ]
    assert with_fewer(whole, 30, seed=1).part("train").ids != part.ids
    with pytest.raises(ParameterError, match="n_train=2 leaves no picture"):
        with_fewer(whole, 2, seed=0)


# ---- bad input


def folder(root: Path, counts: dict[str, int], *, size: int = 16) -> str:
    rng = np.random.default_rng(0)
    for split, share in (("train", 1), ("test", 1)):
        for name, n in counts.items():
            (root / split / name).mkdir(parents=True)
            for i in range(n * share):
                pixels = rng.integers(0, 256, (size, size, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(root / split / name / f"{i}.png")
    return f"folder:{root}?validation=0"


def test_batches_larger_than_the_data_and_a_leftover_of_one(tmp_path: Path) -> None:
    data = folder(tmp_path, {"a": 3, "b": 2})
    larger = api.train(dataset=data, epochs=1, parameters={"batch_size": 64})
    assert np.isfinite(larger.history[0].train_loss)
    leftover = api.train(dataset=data, epochs=1, parameters={"batch_size": 4})
    assert leftover.test is not None
    assert leftover.test.n == 5


def test_one_training_picture_of_each_class(tmp_path: Path) -> None:
    run = api.train(dataset=folder(tmp_path, {"a": 1, "b": 1}), epochs=1)
    assert run.classes == ("a", "b")


def test_a_class_without_pictures_and_one_class_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'b'"):
        api.train(dataset=folder(tmp_path / "empty", {"a": 3, "b": 0}))
    with pytest.raises(InputError, match="one class"):
        api.train(dataset=folder(tmp_path / "one", {"a": 1}))


def test_a_teacher_must_know_the_classes(tmp_path: Path) -> None:
    data = folder(tmp_path, {"a": 2, "b": 2})
    with pytest.raises(InputError, match=r"The teacher portraits_fair knows 3 classes .*'a', 'b'"):
        api.train(dataset=data, recipe="distill", base=BASE)
    with pytest.raises(InputError, match="needs a model of the zoo"):
        api.train(dataset=data, recipe="distill")


def test_a_teacher_answers_in_the_order_of_the_dataset() -> None:
    names = class_names(ModelRef(BASE)).labels
    pictures = np.random.default_rng(0).random((4, 64, 64, 3), dtype=np.float32)

    def logits(*classes: str) -> np.ndarray:
        job = SimpleNamespace(
            base=ModelRef(BASE),
            dataset=SimpleNamespace(classes=classes, ref=SimpleNamespace(text="folder:x")),
            placement=SimpleNamespace(building=nullcontext),
            request=SimpleNamespace(seed=0),
        )
        return np.asarray(teacher_of(job)(pictures, training=False))  # type: ignore[arg-type]

    whole = logits(*names)
    for order in ((2, 0, 1), (1, 0, 2), (2, 1)):
        np.testing.assert_array_equal(logits(*(names[i] for i in order)), whole[:, order])
    spelled = logits(*(name.upper().replace(" ", "_") for name in reversed(names)))
    np.testing.assert_array_equal(spelled, whole[:, ::-1])
    for wrong in ((names[0], "other"), (names[0], names[0].upper()), ("0", "1", "2")):
        with pytest.raises(InputError, match="must know the same classes"):
            logits(*wrong)


def test_a_base_that_ends_in_no_dense_layer_is_refused() -> None:
    def built(inputs: object, n_classes: int) -> object:
        from core.models.tensorflow import keras

        x = keras.layers.Conv2D(n_classes, 3, strides=2, name="conv")(inputs)
        x = keras.layers.GlobalAveragePooling2D(name="pool")(x)
        return keras.Model(keras.utils.get_source_inputs(inputs), x)

    api.register_model("toy_headless", built, input_size=16, n_classes=3, feature_layer="conv")
    with pytest.raises(CapabilityError, match="ends in GlobalAveragePooling2D"):
        api.train(dataset=DATA, recipe="head", base="toy_headless")


def test_scratch_takes_no_base() -> None:
    with pytest.raises(InputError, match="takes no base"):
        api.train(dataset=DATA, recipe="scratch", base=BASE)


# ---- robustness


def robust(run: Run) -> float:
    """Accuracy under PGD-20 at 8/255, of a run as its weights are on the disk."""
    from core.models import zoo
    from core.models.assembly import build
    from core.training.job import Trained
    from core.training.robust_accuracy import robust_accuracy
    from core.workspace import open_store

    ref = ModelRef(run.model)
    model = build(zoo.get(run.model), ref, len(run.classes), seed=0, store=open_store())
    job = SimpleNamespace(
        dataset=api.open_dataset(run.dataset), n_classes=len(run.classes),
        request=SimpleNamespace(seed=0), control=LocalControl(),
    )  # fmt: skip
    trained = Trained(model, run.architecture, run.input_size)
    return robust_accuracy(trained, job, epsilon=8 / 255)[0]  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_new_head_on_efficientnet_lite0_tells_cifar10_apart() -> None:
    if not CIFAR.is_file():
        pytest.skip(f"CIFAR-10 is not here ({CIFAR})")
    run = api.train(dataset=f"cifar10:{CIFAR}", recipe="head", base="efficientnet_lite0")
    assert run.test is not None
    assert run.test.n == 10_000
    assert run.test.accuracy >= 0.80


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_adversarial_training_raises_robust_accuracy_on_portraits() -> None:
    common = {"dataset": "portraits?n_train=3000&n_validation=100&n_test=300"}
    plain = api.train(**common, recipe="scratch", epochs=8, parameters={"learning_rate": 0.1})
    hardened = api.train(
        **common, recipe="adversarial", epochs=6, parameters={"steps": 3, "clean_epochs": 3}
    )
    assert plain.test is not None
    assert plain.test.accuracy > 0.9
    assert robust(hardened) == pytest.approx(hardened.facts["robust_accuracy_pgd20"], abs=0.01)
    assert robust(hardened) > robust(plain) + 0.3


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_interval_bounds_prove_answers_of_a_network_trained_with_them_on_portraits() -> None:
    """And what is proven, no attack breaks."""
    data = "portraits?n_train=2000&n_validation=100&n_test=200"
    run = api.train(dataset=data, recipe="ibp", parameters={"learning_rate": 2e-3})
    assert run.test is not None
    assert run.test.accuracy > 0.8
    eps = ["1/255", "2/255", "4/255"]
    proven = api.certify(data, model=run.model, method="ibp", radii=eps)
    attacked = api.robustness(data, model=run.model, attacks=["pgd"], eps=eps, checks=False)
    assert proven.ids == attacked.ids
    assert proven.clean_accuracy == run.test.accuracy
    assert proven.curves[0].points[2].accuracy > 0.4
    assert proven.curves[0].points[2].accuracy == run.facts["certified_accuracy_ibp"]
    assert (proven.radii <= attacked.distances[0] + 1e-6)[proven.labels == proven.answers].all()
    for certain, standing in zip(
        proven.curves[0].points, attacked.worst_case[0].points, strict=True
    ):
        assert certain.accuracy <= standing.accuracy
    # The same bounds prove nothing of a network that never saw them.
    plain = api.certify("portraits", model=BASE, method="ibp", limit=32, radii=eps)
    assert plain.clean_accuracy > 0.9
    assert plain.curves[0].points[1].accuracy == 0
