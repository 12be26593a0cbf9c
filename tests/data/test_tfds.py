"""TensorFlow Datasets: what is prepared is copied once, and read as a folder."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from core import api
from core.data import registry, tfds
from core.data.registry import open_dataset
from core.errors import InputError, StoreError

needs_package = pytest.mark.skipif(
    bool(tfds.Tfds.needs()), reason=f"tensorflow_datasets is not installed ({tfds.Tfds.needs()})"
)

# In a process of its own, so that here the dataset is known by its prepared files alone.
PREPARE = """
import sys, numpy as np, tensorflow_datasets as tfds

class TinyShapes(tfds.core.GeneratorBasedBuilder):
    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        f = tfds.features
        features = {
            "image": f.Image(shape=(None, None, 3)), "label": f.ClassLabel(names=["light", "dark"]),
            "site": f.ClassLabel(names=["north", "south"]), "note": f.Text(), "n": np.int64,
            "ratio": np.float32, "ok": np.bool_, "box": f.BBoxFeature(), "split": f.Text(),
        }
        return tfds.core.DatasetInfo(
            builder=self, supervised_keys=("image", "label"), features=f.FeaturesDict(features)
        )

    def _split_generators(self, downloads):
        return {"train": self._generate_examples(24, 0), "test": self._generate_examples(8, 1)}

    def _generate_examples(self, n, seed):
        for i in range(n):
            image = np.full((12, 12 + i % 3, 3), 40 * seed + i + 100 * (i % 2), np.uint8)
            label = -1 if seed and i >= 6 else i % 2
            yield i, {
                "image": image, "label": label, "site": i // 2 % 2, "note": f"n{i % 3}", "n": i % 4,
                "ratio": 0.5, "ok": bool(i % 2), "box": tfds.features.BBox(0.0, 0.0, 1.0, 1.0),
                "split": "theirs",
            }

TinyShapes(data_dir=sys.argv[1]).download_and_prepare()
"""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tfds")
    subprocess.run(
        [sys.executable, "-c", PREPARE, folder], check=True, capture_output=True, timeout=120
    )
    import tensorflow_datasets

    tensorflow_datasets.core.add_data_dir(str(folder))
    return folder


def test_without_the_package_the_command_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tfds, "find_spec", lambda _: None)
    with pytest.raises(InputError, match="needs the package tensorflow_datasets: pip install"):
        open_dataset("tfds:mnist")
    assert {card.id: card.needs for card in api.datasets()}["tfds"].startswith("pip install")


@needs_package
def test_a_prepared_dataset(prepared: Path, own_home: Path) -> None:
    found = open_dataset("tfds:tiny_shapes?validation=0.25")
    assert found.ref.text == "tfds:tiny_shapes?validation=0.25"
    assert found.classes == ("light", "dark")
    assert {name: len(part) for name, part in found.parts.items()} == {
        "train": 18, "validation": 6, "test": 6,
    }  # fmt: skip
    shades = []
    for name, part in found.parts.items():
        assert set(part.groups) == {"note", "n", "ok", "site"}
        for i in range(len(part)):
            pixels = part.picture(i).pixels
            shade = int(pixels[0, 0, 0])
            assert (pixels == shade).all()
            number = shade - 40 * (name == "test")
            number -= 100 if number >= 100 else 0
            shades.append((name == "test", number))
            assert part.labels[i] == number % 2
            assert pixels.shape == (12, 12 + number % 3, 3)
            told = {key: values[i] for key, values in part.groups.items()}
            assert told == {
                "note": f"n{number % 3}", "n": str(number % 4), "ok": str(bool(number % 2)),
                "site": ("north", "south")[number // 2 % 2],
            }  # fmt: skip
    assert sorted(shades) == [(False, i) for i in range(24)] + [(True, i) for i in range(6)]


@needs_package
def test_it_is_copied_once(prepared: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = open_dataset("tfds:tiny_shapes")
    registry._opened.cache_clear()
    monkeypatch.setattr(tfds, "_examples", lambda *_: pytest.fail("read again"))
    again = open_dataset("tfds:tiny_shapes:1.0.0")
    assert again.fingerprint == first.fingerprint
    np.testing.assert_array_equal(
        again.part("train").pixels(range(9), (8, 8, 3)),
        first.part("train").pixels(range(9), (8, 8, 3)),
    )


@needs_package
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("mnist", "is not prepared in .* Run 'tfds build mnist'"),
        ("no_such_thing", "knows no 'no_such_thing'"),
        ("tiny_shapes:9.9.9", "knows no 'tiny_shapes:9.9.9'"),
        ("tiny_shapes/other", "knows no 'tiny_shapes/other'"),
        ("../tiny_shapes", "is no name of a dataset"),
        ("mnist/x/a=b", "is no name of a dataset"),
        ("huggingface:mnist", "is no name of a dataset"),
    ],
)
def test_names_that_cannot_be_opened(prepared: Path, name: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        open_dataset(f"tfds:{name}")


@needs_package
@pytest.mark.parametrize("missing", ["image", "classes"])
def test_datasets_of_other_things_are_refused(prepared: Path, missing: str) -> None:
    import tensorflow_datasets

    info = tensorflow_datasets.builder("tiny_shapes").info
    gone = ["image"] if missing == "image" else ["label", "site"]
    rest = {name: feature for name, feature in info.features.items() if name not in gone}
    other = SimpleNamespace(features=rest, supervised_keys=None, full_name="other/1.0.0")
    with pytest.raises(InputError, match=r"other/1\.0\.0 is no dataset of labelled pictures"):
        tfds._image_and_label(SimpleNamespace(info=other))


@needs_package
def test_too_little_room_is_told_before_copying(
    prepared: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tfds, "_MARGIN", 1e12)
    with pytest.raises(StoreError, match="Free some space"):
        open_dataset("tfds:tiny_shapes")
    assert list((own_home / "datasets").iterdir()) == []


@needs_package
def test_damaged_records_are_told(prepared: Path, own_home: Path) -> None:
    (records,) = prepared.glob("tiny_shapes/1.0.0/*train*")
    whole = records.read_bytes()
    records.write_bytes(whole[:-100] + bytes(100))
    try:
        with pytest.raises(InputError, match=r"split train, cannot be read.*Prepare it again"):
            open_dataset("tfds:tiny_shapes")
    finally:
        records.write_bytes(whole)
    assert len(open_dataset("tfds:tiny_shapes").part("test")) == 6
