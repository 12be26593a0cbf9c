"""Files with code of their owner's: run once when they say so, kept as a graph without code."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

from core import api
from core.cli import main
from core.errors import InputError, ModelFileError
from core.settings import settings

ROOT = Path(__file__).resolve().parents[2]
CODE = """
import keras

class Gate(keras.layers.Layer):
    def __init__(self, k=2.0, **options):
        super().__init__(**options)
        self.k = k

    def build(self, shape):
        self.w = self.add_weight(shape=(shape[-1],), initializer="ones", name="w")

    def call(self, x):
        return x * keras.ops.sigmoid(self.k * self.w)

    def get_config(self):
        return {**super().get_config(), "k": self.k}

class Dice(keras.layers.Layer):
    def call(self, x):
        import numpy as np
        return x + np.random.rand()

class Python(keras.layers.Layer):
    def call(self, x):
        import tensorflow as tf
        out = tf.numpy_function(lambda v: v * 2, [x], tf.float32)
        out.set_shape(x.shape)
        return out

    def compute_output_shape(self, shape):
        return shape
"""


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PELLUCID_HOME", str(tmp_path_factory.mktemp("home")))
        settings.cache_clear()
        yield settings().root
    settings.cache_clear()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trusted")
    (folder / "own_layers_of_mine.py").write_text(CODE)
    return folder


def model(place: Path, layer: str) -> Path:
    """Save a model with a layer of one's own, and a Lambda."""
    names: dict[str, type] = {}
    exec(compile(CODE, "own_layers_of_mine.py", "exec"), names)  # what the owner does elsewhere
    i = keras.Input((20, 20, 3))
    x = layers.Lambda(lambda t: t / 127.5 - 1, output_shape=(20, 20, 3))(i)
    x = names[layer]()(layers.Conv2D(8, 3, activation="relu")(x))
    network = keras.Model(
        i, layers.Dense(4, activation="softmax")(layers.GlobalAveragePooling2D()(x))
    )
    network.save(place / f"{layer}.keras")
    np.save(place / f"{layer}.npy", network.predict(_pixels() * 255, verbose=0))
    return place / f"{layer}.keras"


def _pixels() -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, (1, 20, 20, 3)).astype(np.float32) / 255


def test_a_layer_of_ones_own_is_run_once_and_kept_as_a_graph(place: Path) -> None:
    file, code = model(place, "Gate"), place / "own_layers_of_mine.py"
    with pytest.raises(ModelFileError, match=r"is no layer of Keras|holds code"):
        api.import_model(file)
    run = api.import_model(file, trusted=True, code=code, range="0-255")
    assert any("no code" in note for note in run.notes)
    assert "--trusted" in run.command
    sys.modules.pop("own_layers_of_mine")
    picture = np.rint(_pixels()[0] * 255).astype(np.uint8)
    said = api.ranking(api.predict(picture, model=run.model), 4)
    ours = [score.probability for score in sorted(said, key=lambda each: each.index)]
    np.testing.assert_allclose(ours, np.load(place / "Gate.npy")[0], atol=1e-4)
    assert "own_layers_of_mine" not in sys.modules, "what is kept needs no code"
    assert api.import_model(file, trusted=True, code=code, range="0-255").cached


@pytest.mark.parametrize(
    ("layer", "told"), [("Dice", "draw at random"), ("Python", "cannot be written down as a graph")]
)
def test_what_is_no_function_of_a_picture_is_refused(place: Path, layer: str, told: str) -> None:
    with pytest.raises(ModelFileError, match=told):
        api.inspect_model(model(place, layer), trusted=True, code=place / "own_layers_of_mine.py")
    assert logging.getLogger().level == logging.WARNING, "a library that fails leaves it as it was"


def test_code_that_fails_is_one_sentence(place: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad_layers.py"
    bad.write_text("raise RuntimeError('not today')")
    file = model(place, "Gate")
    with pytest.raises(ModelFileError, match=r"cannot be imported: RuntimeError: not today"):
        api.inspect_model(file, trusted=True, code=bad)
    with pytest.raises(ModelFileError, match=r"--code mylayers\.py"):
        api.inspect_model(file, trusted=True)
    with pytest.raises(ModelFileError, match="does not exist"):
        api.inspect_model(file, trusted=True, code=tmp_path / "nowhere.py")


def test_code_is_never_run_unless_it_is_trusted(place: Path, tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    code = tmp_path / "eager.py"
    code.write_text(f"open({str(marker)!r}, 'w')")
    with pytest.raises(InputError, match="trusted=True alone"):
        api.inspect_model(model(place, "Gate"), code=code)
    assert not marker.exists()


def test_no_page_knows_the_way() -> None:
    pages = [*ROOT.joinpath("dashboard").rglob("*.py")]
    assert pages
    assert not [page for page in pages if "trusted=" in page.read_text("utf-8")]


def test_the_command_tells_all_that_was_understood(
    place: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file, code = model(place, "Gate"), str(place / "own_layers_of_mine.py")
    with pytest.raises(SystemExit) as ended:
        main(["import", str(file), "--trusted", "--code", code, "--json"])
    assert not ended.value.code
    told = json.loads(capfd.readouterr().out.strip().splitlines()[-1])
    assert told["input"]["height"] == 20
    assert {"format", "output", "capabilities", "feature_layer", "layers", "checks",
            "preprocessing", "model"} <= told.keys()  # fmt: skip
