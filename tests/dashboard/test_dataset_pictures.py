"""Pictures of datasets: what addresses call them, who may see them, and which suit which model."""

from __future__ import annotations

import base64
import io
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
from PIL import Image

from core.contracts import Picture
from core.errors import ImageError, InputError
from dashboard import dataset_pictures, default_pictures, masks, references, services, uploads
from dashboard.app_pages.picture import picture_selection
from dashboard.app_pages.picture.picture_selection import PictureSelection
from dashboard.dataset_pictures import Facts, Place, dataset_picture_id, place
from dashboard.services import ShownSplit, _shown_data
from dashboard.state import Choice

FAIR, BIASED = "portraits_fair", "portraits_biased"


def split(labels: list[int], **changed: object) -> ShownSplit:
    """A split of five classes at most, without pictures."""

    def draw(index: int) -> Picture:
        raise ImageError(f"{index}.jpg is damaged")

    made = ShownSplit(
        dataset="portraits",
        name="test",
        fingerprint="0" * 64,
        classes=tuple("abcde"),
        ids=tuple(map(str, range(len(labels)))),
        labels=np.array(labels, np.int64),
        groups={},
        has_masks=False,
        draw=draw,
        mask=lambda index: np.zeros((8, 8), np.bool_),
    )
    return replace(made, **changed)


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    """A folder of two classes, one picture of which is no picture behind its header."""
    rng = np.random.default_rng(0)
    for label in ("cats", "dogs"):
        for i in range(6):
            path = tmp_path / "secret place" / "pets" / label / f"{i}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(rng.integers(0, 255, (40, 30, 3), np.uint8)).save(path)
    return tmp_path / "secret place" / "pets"


def offer(*texts: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_shown_data.api, "offered_datasets", lambda: texts)


# ---- ids


@pytest.mark.parametrize("text", ["portraits", "portraits?bias=0.9"])
def test_an_id_survives_an_address_and_comes_back(text: str) -> None:
    id = dataset_picture_id(text, "test", 17)
    assert quote(id, safe="") == id
    assert place(id) == Place(text, "test", 17)


@pytest.mark.parametrize(
    "id",
    [
        "cat", "f" * 64, "", "~", "~~", "portraits", "portraits~test", "portraits~test~",
        "x~test~1", "portraits~tests~1", "portraits~test~-1", "portraits~test~1.5",
        "portraits~test~\N{ARABIC-INDIC DIGIT ONE}",
        "portraits~test~" + "1" * 10, "folder:/etc~test~0", "folder-etc~test~0",
        "portraits~" + "a" * 200 + "~test~1",
    ],
)  # fmt: skip
def test_what_names_no_dataset_that_is_shown_is_no_place(id: str) -> None:
    assert place(id) is None
    assert uploads.find(id) is (uploads.examples().get(id))


def test_a_picture_beyond_the_last_is_not_found() -> None:
    assert uploads.find("portraits~test~1499") is not None
    assert uploads.find("portraits~test~1500") is None


def test_a_folder_is_shown_only_if_it_is_offered_and_its_place_is_told_nowhere(
    pets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = f"folder:{pets}"
    id = dataset_picture_id(text, "test", 0)
    assert "pets" in id
    assert "secret" not in id
    assert uploads.find(id) is None
    offer(text, monkeypatch=monkeypatch)
    found = uploads.find(id)
    assert found is not None
    assert "secret" not in f"{found.title}{found.file}{found.facts}".replace(text, "")
    assert uploads.picture(found).width == 30


def test_a_dataset_that_is_gone_says_so_without_its_place(
    pets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = f"folder:{pets}/gone"
    offer(text, monkeypatch=monkeypatch)
    id = dataset_picture_id(text, "test", 0)
    with pytest.raises(InputError, match="cannot be read on this server") as caught:
        uploads.find(id)
    assert "secret" not in str(caught.value)
    held = Choice(model="efficientnet_lite0", picture=id)
    assert default_pictures.to_model(held, FAIR).picture == default_pictures.default_picture(FAIR)


def test_a_folder_that_changes_is_opened_again(pets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"folder:{pets}"
    first = services.shown_split(text, "train")
    assert services.shown_split(text, "train") is first
    monkeypatch.setattr(_shown_data, "_LOOKED_AT_S", 0.0)
    assert services.shown_split(text, "train") is first, "nothing has changed"
    (pets / "cats" / "7.png").write_bytes((pets / "cats" / "0.png").read_bytes())
    assert services.shown_split(text, "train").fingerprint != first.fingerprint


# ---- order, shelf


def test_classes_take_turns_until_the_smallest_ends() -> None:
    labels = [0] * 50 + [1] * 3 + [3] * 7
    order = split(labels).order
    assert sorted(order) == list(range(60))
    assert [set(np.array(labels)[order[i : i + 3]]) for i in (0, 3, 6)] == [{0, 1, 3}] * 3
    assert list(split(labels).order) == list(order), "the same whenever it is asked for"


def test_rules_narrow_the_shelf() -> None:
    data = services.shown_split("portraits")
    rule = PictureSelection("portraits", label=1, by="lighting", value="dim")
    left = picture_selection.narrowed(data, rule, None)
    assert len(left) > 12
    assert {int(data.labels[i]) for i in left} == {1}
    assert {data.groups["lighting"][i] for i in left} == {"dim"}


def test_pictures_that_cannot_be_read_are_left_out() -> None:
    broken = split([0, 1, 0, 1])
    assert picture_selection.shown_dozen(broken, broken.order, PictureSelection("portraits")) == []


# ---- which picture suits which model


def test_a_model_begins_with_a_picture_of_its_data_that_has_an_object() -> None:
    assert default_pictures.default_picture("efficientnet_lite0") == "cat"
    found = uploads.find(default_pictures.default_picture(FAIR))
    assert found is not None
    assert found.facts is not None
    assert found.facts.label_name in ("glasses", "sunglasses")
    mask = found.facts.mask()
    assert mask is not None
    assert 0.01 < mask.mean() < 0.3


def test_a_picture_follows_to_a_model_only_where_it_suits() -> None:
    photo = Choice(mask="a" * 16)
    portrait = default_pictures.to_model(photo, FAIR)
    assert portrait.picture == default_pictures.default_picture(FAIR)
    assert (portrait.model, portrait.mask) == (FAIR, "")
    assert default_pictures.to_model(portrait, "efficientnet_lite0").picture == "cat"
    assert (
        default_pictures.to_model(replace(photo, picture="coffee"), "resnet50").picture == "coffee"
    )
    upload = replace(photo, picture="f" * 64)
    assert default_pictures.to_model(upload, FAIR).picture == upload.picture
    assert default_pictures.to_model(upload, FAIR).mask == upload.mask


def test_the_same_portrait_stays_for_a_model_of_other_training_data() -> None:
    held = Choice(model=FAIR, picture="portraits~test~42")
    moved = default_pictures.to_model(held, BIASED)
    assert moved.picture == "portraits~bias-0.9~test~42"
    first, second = (uploads.find(choice.picture) for choice in (held, moved))
    assert first is not None
    assert second is not None
    assert uploads.picture(first).sha256 == uploads.picture(second).sha256


def test_a_mask_that_cannot_be_read_does_not_stop_the_choice_of_a_first_picture() -> None:
    def mask(index: int) -> np.ndarray:
        raise ImageError(f"{index}.png is damaged")

    data = split([0, 1, 0, 1], has_masks=True, mask=mask)
    assert dataset_pictures.default_id(data) == f"portraits~test~{data.order[0]}"


def test_another_training_picture_of_known_classes_stays_what_it_is() -> None:
    held = Choice(model=FAIR, picture="portraits~train~3")
    assert default_pictures.to_model(held, BIASED).picture == held.picture


# ---- tiny pictures, masks


def test_each_pixel_of_a_tiny_picture_becomes_a_square() -> None:
    shown = dataset_pictures.first_facts(services.shown_split("portraits"), 1)[0].picture()
    data = base64.b64decode(services.base_uri(shown).split(",")[1])
    large = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    times = large.shape[0] // shown.height
    assert times > 10
    assert (large[::times, ::times] == shown.pixels).all()
    assert (large[times - 1 :: times, times - 1 :: times] == shown.pixels).all()


def test_a_mask_of_pixels_becomes_a_sheet_and_comes_back() -> None:
    known = Facts(Place("portraits", "test", 1), services.shown_split("portraits"))
    mask = known.mask()
    assert mask is not None
    cells = masks.cells(masks.from_pixels(mask), masks.grid_size(64, 64))
    assert cells.shape == (160, 160)
    assert (cells[1::5, 1::5] == mask[::2, ::2]).all()


# ---- sets of pictures


def test_references_are_the_model_s_own_data_by_label_and_group() -> None:
    found = references.references(Choice(model=BIASED))
    assert found is not None
    assert set(found.classes) == {"none", "glasses", "sunglasses"}
    assert found.labels["background sky"] > 100
    held = found.pictures("background sky")
    assert len(held.pictures) == 120
    assert held.name == "background sky"
    assert found.pictures("background sky") is held, "made once"
    corners = np.array([seen.pixels[1, 1] for seen in held.pictures]).mean(axis=0)
    assert corners[2] > corners[0] + 30, "the sky is blue"


def test_a_model_of_the_zoo_looks_into_the_reference_folder_if_there_is_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(services, "gallery", lambda: None)
    assert references.references(Choice()) is None
