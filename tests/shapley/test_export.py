"""Results in ``shap``'s own plots."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import shap
from matplotlib import pyplot as plt

from core import api
from core.contracts import ShapRequest, ShapResult
from core.errors import InputError
from dashboard.app_pages.shap import result as shap_result
from tests.shapley.test_work import ROOT, toy


@pytest.fixture(params=[1, 3], ids=["one class", "three classes"])
def request_(request: pytest.FixtureRequest, toys: None) -> ShapRequest:
    return toy(top=request.param)


@pytest.fixture
def result(request_: ShapRequest) -> ShapResult:
    return api.answer(request_)


@pytest.fixture(autouse=True)
def _no_window_and_no_figure_stays() -> Iterator[None]:
    plt.switch_backend("agg")
    yield
    plt.close("all")


def test_it_is_the_result(request_: ShapRequest, result: ShapResult) -> None:
    n = len(result.targets)
    pixels = api.to_shap(request_, result)
    assert isinstance(pixels, shap.Explanation)
    assert pixels.values.shape == (1, 16, 16, 1, n)
    np.testing.assert_array_equal(np.moveaxis(pixels.values[0, :, :, 0], -1, 0), result.values)
    np.testing.assert_array_equal(pixels.base_values, result.base_values[None])
    np.testing.assert_array_equal(pixels.data[0], request_.input.pixels)
    assert list(pixels.output_names) == [target.label for target in result.targets]
    regions = api.to_shap(request_, result, regions=True)
    np.testing.assert_array_equal(regions.values[0].T, result.region_values)
    total = regions.values.sum(axis=1, dtype=np.float64) + regions.base_values
    np.testing.assert_allclose(total[0], result.outputs, atol=1e-3)


def test_regions_are_named_by_a_pixel_inside_and_valued_by_their_brightness(
    request_: ShapRequest, result: ShapResult
) -> None:
    regions = api.to_shap(request_, result, regions=True)
    grey = request_.input.pixels.astype(float) @ [0.2989, 0.5870, 0.1140] / 255
    assert len(regions.feature_names) == result.segments.max() + 1
    for number, name in enumerate(regions.feature_names):
        found = re.fullmatch(r"region (\d+) at (\d+), (\d+)", name)
        assert found
        assert int(found[1]) == number == result.segments[int(found[3]), int(found[2])]
        assert regions.data[0, number] == pytest.approx(grey[result.segments == number].mean())


def test_shaps_image_plot_draws_it(request_: ShapRequest, result: ShapResult) -> None:
    shap.image_plot(api.to_shap(request_, result), show=False)
    picture, *maps, _scale = plt.gcf().axes
    np.testing.assert_array_equal(picture.images[0].get_array(), request_.input.pixels)
    assert [drawn.get_title() for drawn in maps] == [target.label for target in result.targets]
    for drawn, values in zip(maps, result.values, strict=True):
        np.testing.assert_array_equal(drawn.images[1].get_array(), values)


def test_shaps_waterfall_draws_each_class(request_: ShapRequest, result: ShapResult) -> None:
    regions = api.to_shap(request_, result, regions=True)
    for k in range(len(result.targets)):
        shap.plots.waterfall(regions[0, :, k], show=False)
        axes = plt.gcf().axes
        plt.close()
        values = result.region_values[k]
        ends = [text.get_text() for one in axes for text in one.get_xticklabels()]
        for logit in (values.sum() + result.base_values[k], result.base_values[k]):
            shown = f"{logit:.3f}".rstrip("0").rstrip(".").replace("-", "−")
            assert any(end.strip("$ ").endswith(f"= {shown}") for end in ends), ends
        rows = [text.get_text() for one in axes for text in one.get_yticklabels()]
        largest = regions.feature_names[int(np.abs(values).argmax())]
        assert any(row.endswith(largest) for row in rows)


def test_the_download_holds_no_pickle_and_opens_as_the_readme_says(
    request_: ShapRequest, result: ShapResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = api.shap_explanation_npz(request_, result)
    with np.load(io.BytesIO(data), allow_pickle=False) as kept:
        arrays = {name: kept[name] for name in kept.files}
    assert {"values", "base_values", "data", "feature_names"} <= arrays.keys()
    np.testing.assert_array_equal(arrays["segments"], result.segments)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(plt, "show", lambda: None)
    (block,) = [
        found
        for found in re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
        if "shap.Explanation" in found
    ]
    Path("cat.shap.partition.explanation.npz").write_bytes(data)
    shown: dict[str, shap.Explanation] = {}
    exec(block, shown)
    for name, regions in (("pixels", False), ("regions", True)):
        ours = api.to_shap(request_, result, regions=regions)
        np.testing.assert_array_equal(shown[name].values, ours.values)
        np.testing.assert_array_equal(shown[name].base_values, ours.base_values)
        np.testing.assert_array_equal(shown[name].data, ours.data)
        assert list(shown[name].output_names) == list(ours.output_names)
    assert list(shown["regions"].feature_names) == list(ours.feature_names)
    Path("it's.npz").write_bytes(data)
    exec(shap_result._OPEN.format(file=repr("it's.npz")), shown)
    np.testing.assert_array_equal(shown["e"].values, shown["pixels"].values)


def test_another_request_is_refused(toys: None) -> None:
    with pytest.raises(InputError, match="answers another request"):
        api.to_shap(toy(1), api.answer(toy(0)))
