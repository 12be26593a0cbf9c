"""What the first layers of a network make of the channels of a picture, measured.

Whatever they are made of: plain pictures go in, and each channel that comes out is held against
``a · x + b`` of one that went in.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Numbers", "Scaling", "gain", "measured", "probes"]

Numbers = npt.NDArray[np.float64]
_LINEAR, _NOTHING = 5e-3, 2e-3


@dataclass(frozen=True)
class Scaling:
    """What first layers make of pixels: ``a[c] · x[source[c]] + b[c]`` in channel ``c``.

    Parameters
    ----------
    a, b : ndarray of float64, shape (C,)
    source : tuple of int
        The channel that each one comes from.
    channels : int
        How many go in.
    by : str
        What does it, for sentences: ``"'rescaling' (Rescaling)"``.
    learned : bool
        Whether the numbers were found by training, and are what was seen then.
    """

    a: Numbers
    b: Numbers
    source: tuple[int, ...]
    channels: int
    by: str
    learned: bool = False

    def like(self, other: Scaling | None) -> bool:
        """Whether it leaves every value as another does."""
        return other is not None and len(self.a) == len(other.a) and all(
            np.allclose(mine, theirs, rtol=1e-6, atol=1e-9)
            for mine, theirs in ((self.a, other.a), (self.b, other.b))
        )  # fmt: skip

    @property
    def changes(self) -> bool:
        """Whether it changes any value."""
        return not (np.allclose(self.a, 1, atol=_NOTHING) and np.allclose(self.b, 0, atol=_NOTHING))


def probes(shape: tuple[int, ...]) -> npt.NDArray[np.float32]:
    """Return plain pictures by which first layers are measured, ``(N, H, W, C)``."""
    rng = np.random.default_rng(0)
    one = np.eye(shape[-1])
    drawn = np.concatenate([rng.integers(0, 256, (3, shape[-1])), rng.random((3, shape[-1]))])
    colours = np.concatenate([np.zeros((1, shape[-1])), 255 * one, one, drawn])
    return np.broadcast_to(colours[:, None, None], (len(colours), *shape)).astype(np.float32)


def measured(
    colours: npt.NDArray[np.floating], given: npt.NDArray[np.floating], *, by: str,
    learned: bool = False,
) -> Scaling | None:  # fmt: skip
    """Return the scaling that makes ``given`` of ``colours``; ``None`` if none does.

    Parameters
    ----------
    colours : ndarray, shape (N, C)
        Of the plain pictures of :func:`probes`.
    given : ndarray, shape (N, K)
        What comes out in the middle of each.
    """
    channels = colours.shape[1]
    at = np.asarray(given, np.float64)
    if not np.isfinite(at).all():
        return None
    zero = at[0]
    matrix = (at[1 : 1 + channels] - zero).T / 255  # (K, C)
    told = np.asarray(colours, np.float64) @ matrix.T + zero
    if np.abs(told - at).max() > _LINEAR * max(np.abs(at).max(), 1e-12):
        return None
    large = np.abs(matrix) > 1e-3 * np.abs(matrix).max(initial=1e-30)
    if not (large.sum(axis=1) == 1).all():
        return None
    source = tuple(int(each) for each in np.abs(matrix).argmax(axis=1))
    if channels > 1 and sorted(source) != list(range(channels)):
        return None
    return Scaling(matrix[range(len(source)), source], zero, source, channels, by, learned)


def gain(kernel: npt.NDArray[np.floating], *, inputs: int) -> float:
    """Return how much wider what a kernel makes of independent values is than they are.

    Parameters
    ----------
    kernel : ndarray
    inputs : int
        How many values enter one that comes out.
    """
    return float(np.sqrt(np.mean(np.square(kernel, dtype=np.float64)) * inputs))
