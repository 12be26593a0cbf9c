"""Results as ``shap``'s own: its plots, and notebooks that people have, open them.

Nothing of a result is lost on the way: the sum of the values and the base value is the logit, up to
the additivity error that the result states.
"""

from __future__ import annotations

import io
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from core.contracts import Array, ShapRequest, ShapResult, picture_input
from core.errors import InputError
from core.shapley.regions import middle

if TYPE_CHECKING:
    import shap

__all__ = ["shap_explanation_npz", "to_shap"]

_GREY = (0.2989, 0.5870, 0.1140)  # what shap.image_plot paints beneath its maps


@dataclass(frozen=True, slots=True)
class _Parts:
    """What an ``Explanation`` is made of, for pixels and for regions; plain arrays.

    Parameters
    ----------
    values : ndarray of float32, shape (1, H, W, 1, K)
        Shares of the pixels, summed over their channels.
    base_values : ndarray of float32, shape (1, K)
        Logits with nothing of the picture seen.
    data : ndarray of uint8, shape (1, H, W, 3)
        What the model saw.
    output_names : ndarray of str, shape (K,)
        Class names.
    region_values : ndarray of float32, shape (1, R, K)
        Shares of the regions.
    region_data : ndarray of float32, shape (1, R)
        Mean brightness of each region, 0 to 1.
    feature_names : ndarray of str, shape (R,)
        Each region by its number in ``segments`` and a pixel inside it, as x, y.
    segments : ndarray of int32, shape (H, W)
        Region of each pixel.
    """

    values: Array
    base_values: Array
    data: npt.NDArray[np.uint8]
    output_names: npt.NDArray[np.str_]
    region_values: Array
    region_data: Array
    feature_names: npt.NDArray[np.str_]
    segments: npt.NDArray[np.int32]


def to_shap(request: ShapRequest, result: ShapResult, *, regions: bool = False) -> shap.Explanation:
    """Return a result as a ``shap.Explanation``.

    Parameters
    ----------
    request : ShapRequest
        As :func:`shap_request` returns it.
    result : ShapResult
        Its answer.
    regions : bool
        Shares of regions in place of pixels.

    Returns
    -------
    shap.Explanation

    Raises
    ------
    InputError
        If the result answers another request.

    Examples
    --------
    >>> shap.image_plot(to_shap(request, result))  # doctest: +SKIP
    """
    import shap

    parts = _parts(request, result)
    if regions:
        return shap.Explanation(
            parts.region_values,
            parts.base_values,
            parts.region_data,
            feature_names=parts.feature_names,
            output_names=parts.output_names,
        )
    return shap.Explanation(
        parts.values, parts.base_values, parts.data, output_names=parts.output_names
    )


def shap_explanation_npz(request: ShapRequest, result: ShapResult) -> bytes:
    """Return an npz of plain arrays with which three lines make either ``Explanation``.

    Parameters
    ----------
    request : ShapRequest
        As :func:`shap_request` returns it.
    result : ShapResult
        Its answer.

    Returns
    -------
    bytes
        A file for ``numpy.load``.

    Raises
    ------
    InputError
        If the result answers another request.
    """
    buffer = io.BytesIO()
    arrays: dict[str, Any] = asdict(_parts(request, result))
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def _parts(request: ShapRequest, result: ShapResult) -> _Parts:
    if request.key != result.key:
        raise InputError(
            f"The result {result.key[:12]}… answers another request than {request.key[:12]}…. "
            "Pass the request that it was computed for: it holds the picture."
        )
    pixels = picture_input(request.input).pixels
    brightness = (pixels.astype(np.float64) @ np.array(_GREY) / 255).ravel()
    flat = result.segments.ravel()
    counts = np.bincount(flat)
    middles = [middle(result.segments, region) for region in range(len(counts))]
    return _Parts(
        values=np.moveaxis(result.values, 0, -1)[None, :, :, None, :],
        base_values=result.base_values[None],
        data=pixels[None],
        output_names=np.array([target.label for target in result.targets]),
        region_values=result.region_values.T[None],
        region_data=(np.bincount(flat, weights=brightness) / counts).astype(np.float32)[None],
        feature_names=np.array(
            [f"region {region} at {x:.0f}, {y:.0f}" for region, (x, y) in enumerate(middles)]
        ),
        segments=result.segments,
    )
