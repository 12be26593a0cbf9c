"""Two maps of one picture: values known beforehand, geometry, and what cannot be compared."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.stats import pearsonr, spearmanr
from skimage.metrics import structural_similarity

from core import api
from core.comparison.compare import compare, overlap, pearson, spearman, ssim
from core.contracts import Box, ClassRef, Explanation, MapComparison, PictureSeen
from core.modalities.picture import images
from tests.commands import answer, refused

SIDE = 32


def bumps(seed: int) -> np.ndarray:
    from scipy.ndimage import gaussian_filter

    drawn = np.random.default_rng(seed).standard_normal((SIDE, SIDE))
    return gaussian_filter(drawn, 3).astype(np.float32)


def explanation(values: np.ndarray, **changes: object) -> Explanation:
    fields: dict[str, object] = {
        "key": "k", "model": "m", "weights_sha256": "w", "device": "d", "versions": {},
        "seconds": 0.0, "method": "saliency", "parameters": {},
        "layer": None, "target": ClassRef(0, "cat"), "against": None, "seed": 0, "signed": True,
        "map": values.astype(np.float32), "logit": 1.0, "completeness_error": None,
        "diagnostics": {}, "command": "",
    }  # fmt: skip
    seen: dict[str, object] = {
        "image": "a.png", "image_sha256": "a", "width": 64, "height": 64,
        "box": Box(0, 0, 64, 64), "geometry": "squash",
    }  # fmt: skip
    own = {name: changes.pop(name) for name in list(changes) if name in seen}
    fields["seen"] = PictureSeen(**(seen | own))  # type: ignore[arg-type]
    return Explanation(**(fields | changes))  # type: ignore[arg-type]


def scores(result: MapComparison) -> dict[str, float | None]:
    return {score.metric: score.value for score in result.scores}


def test_a_map_agrees_with_itself_in_every_measure() -> None:
    result = compare(explanation(bumps(0)), explanation(bumps(0)))
    assert scores(result) == pytest.approx(
        {"spearman": 1, "pearson": 1, "ssim": 1, "overlap": 1}, abs=1e-9
    )
    assert result.agreement == "agree"
    assert not result.difference.any()


def test_a_reversed_map_is_the_opposite() -> None:
    result = compare(explanation(bumps(0)), explanation(-bumps(0)))
    found = scores(result)
    assert found["spearman"] == pytest.approx(-1)
    assert found["pearson"] == pytest.approx(-1)
    assert found["overlap"] == 0
    assert result.agreement == "disagree"
    np.testing.assert_allclose(result.difference, 2 * bumps(0), rtol=1e-6)


def test_units_change_no_measure_of_likeness() -> None:
    a, b = bumps(0), bumps(0) + bumps(1)
    one = scores(compare(explanation(a), explanation(b)))
    other = scores(compare(explanation(a * 1e-9), explanation(b * 1e6)))
    assert other == pytest.approx(one, rel=1e-4)


def test_measures_are_those_of_scipy_and_scikit_image() -> None:
    a, b = bumps(0), bumps(0) + bumps(1)
    a[:8] = 0  # ties, as CAMs have them
    assert spearman(a, b) == pytest.approx(spearmanr(a.ravel(), b.ravel()).statistic)
    assert pearson(a, b) == pytest.approx(pearsonr(a.ravel(), b.ravel()).statistic, rel=1e-5)
    expected = structural_similarity(a / abs(a).max(), b / abs(b).max(), data_range=2)
    assert ssim(a, b) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(("shift", "iou"), [(0, 1.0), (5, 1 / 3), (10, 0.0)])
def test_overlap_of_the_strongest_tenth(shift: int, iou: float) -> None:
    a, b = np.zeros((10, 10)), np.zeros((10, 10))
    a.flat[:10] = np.arange(10, 20)
    b.flat[shift : shift + 10] = np.arange(10, 20)
    assert overlap(a, b) == pytest.approx(iou)


def test_cells_at_zero_are_not_evidence_because_there_are_few_others() -> None:
    a, b = np.zeros((10, 10)), np.zeros((10, 10))
    a[0, 0] = b[0, 0] = b[0, 1] = 1
    assert overlap(a, b) == pytest.approx(0.5)


def test_a_constant_map_has_no_correlation_and_says_why() -> None:
    result = compare(explanation(bumps(0)), explanation(np.zeros((SIDE, SIDE))))
    assert set(scores(result).values()) == {None}
    assert all("same everywhere" in score.reason for score in result.scores)
    assert result.agreement == "unknown"
    assert "same everywhere" in result.words


def test_maps_on_different_pictures_are_not_compared_pixel_by_pixel() -> None:
    result = compare(explanation(bumps(0)), explanation(bumps(0), image_sha256="b"))
    assert result.scores == ()
    assert result.difference is None
    assert "different pictures" in result.words
    assert api.difference_overlay(result) is None


def test_a_signed_map_counts_by_magnitude_beside_an_unsigned_one() -> None:
    values = bumps(0)
    result = compare(explanation(values), explanation(abs(values), signed=False, method="gradcam"))
    assert scores(result)["spearman"] == pytest.approx(1)
    assert "of |map|" in result.scores[0].protocol


def test_maps_of_different_units_are_scaled_before_they_are_subtracted() -> None:
    a, b = explanation(bumps(0)), explanation(40 * bumps(0), method="gradient_x_input")
    result = compare(a, b)
    np.testing.assert_allclose(result.difference, 0, atol=1e-5)
    assert result.unit == "mean"
    assert compare(a, replace(b, method="saliency")).unit == "raw"
    assert np.abs(compare(a, replace(b, method="saliency")).difference).max() > 1


def plane(box: Box, side: int) -> np.ndarray:
    """A map that is the coordinate x + 2y on the picture itself."""
    x = box.left + (np.arange(side) + 0.5) * (box.right - box.left) / side
    y = box.top + (np.arange(side) + 0.5) * (box.bottom - box.top) / side
    return x[None, :] + 2 * y[:, None]


def test_models_that_saw_different_parts_are_compared_where_both_looked() -> None:
    whole, crop = Box(0, 0, 64, 64), Box(8, 16, 56, 64)
    a = explanation(plane(whole, 32), box=whole, model="x")
    b = explanation(plane(crop, 48), box=crop, model="x")
    result = compare(a, b)
    assert result.box == crop
    assert result.difference.shape == (48, 48)
    inner = result.difference[1:-1, 1:-1]  # at the border the coarser map is clamped
    np.testing.assert_allclose(inner, 0, atol=1e-3)
    assert scores(result)["spearman"] == pytest.approx(1, abs=1e-4)


def test_the_grey_beside_a_letterboxed_picture_does_not_count() -> None:
    box = Box(0, -16, 64, 48)
    a = explanation(bumps(0), box=box, height=32)
    result = compare(a, a)
    assert result.box == Box(0, 0, 64, 32)
    assert result.difference.shape == (16, 32)


def test_it_can_be_stored_and_read_back() -> None:
    result = compare(explanation(bumps(0)), explanation(bumps(1)))
    again = MapComparison.from_artefact(result.to_artefact())
    np.testing.assert_array_equal(again.difference, result.difference)
    assert again.scores == result.scores
    json.dumps(result.to_artefact().document)


def test_two_classes_of_the_real_model(cat: Path) -> None:
    maps = [api.explain(cat, method="gradcam", target=t) for t in (281, 282)]
    result = api.compare(*maps)
    assert result.unit == "raw"
    assert result.score("spearman") > 0.5, "two cats rest on the same region"
    drawn = api.difference_overlay(result)
    assert drawn.signed
    assert drawn.limits[0] == -drawn.limits[1] < 0
    picture = images.open_picture(cat)
    with Image.open(io.BytesIO(api.difference_png(picture, result))) as shown:
        assert shown.size == (picture.width, picture.height)


class TestCommandLine:
    def test_two_methods(self, cat: Path, tmp_path: Path) -> None:
        out = tmp_path / "difference.png"
        found = answer("compare", cat, "--method-b", "layercam", "--out", out)
        assert [found[side]["method"] for side in "ab"] == ["gradcam", "layercam"]
        assert {score["metric"] for score in found["scores"]} == {
            "spearman", "overlap", "ssim", "pearson",
        }  # fmt: skip
        assert found["comparable"] is True
        with Image.open(out) as drawn:
            assert drawn.size == (451, 300)

    @pytest.mark.slow
    def test_two_pictures_have_no_difference(self, cat: Path, tmp_path: Path) -> None:
        other = cat.with_name("coffee.jpg")
        found = answer("compare", cat, "--image-b", other)
        assert found["comparable"] is False
        assert found["b"]["top"][0]["label"] == "espresso"
        refused("compare", cat, "--image-b", other, "--out", tmp_path / "d.png",
                words="different pictures")  # fmt: skip

    def test_nothing_to_compare_is_refused(self, cat: Path) -> None:
        refused("compare", cat, words="--method-b")

    @pytest.mark.slow
    def test_drift_writes_every_frame(self, cat: Path, tmp_path: Path) -> None:
        found = answer("drift", cat, "--path", "adversarial", "--steps", 2, "--out", tmp_path)
        assert [frame["severity"] for frame in found["frames"]] == [0, 1, 2]
        assert found["flip"] in {1, 2}
        for frame in found["frames"]:
            assert Path(frame["frame"]).is_file()
            assert Path(frame["map"]).is_file()
        with np.load(found["maps"], allow_pickle=False) as held:
            assert held["maps"].shape == (3, 224, 224)
