"""Scores of half and single precision against a threshold that is written in decimals.

0.7 is no number of single precision: the nearest one lies a little below, so that a score which is
shown as 0.7 would not reach a threshold of 0.7. It shall, as it does where the table is a text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["narrow_columns", "reached_from"]


def narrow_columns(schema: pa.Schema) -> dict[str, str]:
    """Return the columns of less than double precision, each with its type's name in NumPy."""
    import pyarrow as pa

    found = {}
    for field in schema:
        kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        if pa.types.is_float16(kind) or pa.types.is_float32(kind):
            found[field.name] = np.dtype(kind.to_pandas_dtype()).name
    return found


def reached_from(threshold: float, kind: str) -> float:
    """Return the least number of a precision that, as it is shown, reaches a threshold.

    Parameters
    ----------
    threshold : float
        In [0, 1]; others are given back as they are.
    kind : str
        Such as ``"float32"``.

    Examples
    --------
    >>> reached_from(0.7, "float32"), reached_from(0.8, "float16"), reached_from(0.7, "float64")
    (0.699999988079071, 0.7998046875, 0.7)
    """
    if not 0 <= threshold <= 1:
        return threshold
    near = np.dtype(kind).type(threshold)
    if float(str(near)) < threshold:
        near = np.nextafter(near, near.dtype.type(2))
    return float(near)
