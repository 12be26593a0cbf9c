"""Height and width of the pictures that a model of one's own takes."""

from __future__ import annotations

from collections.abc import Sequence

from core.models.reading.plain import refuse

__all__ = ["SIDES", "sides"]

SIDES = (8, 1024)


def sides(shape: Sequence[int | None], size: Sequence[int] | None, where: str) -> tuple[int, int]:
    """Return height and width: the file's, or the chosen ones where it leaves them free.

    Parameters
    ----------
    shape : sequence of int or None
        Height and width as the file has them; ``None`` where they are free.
    size : sequence of int, optional
        Height and width as they were chosen.

    Raises
    ------
    ModelFileError
        If they are free and not chosen, chosen otherwise than the file has them, or no sides of
        pictures.
    """
    if None in shape and size is None:
        refuse(where, "it takes pictures of any size: say which, as it was trained "
               "(--size 224x224).")  # fmt: skip
    height, width = size or shape
    for said, fixed in ((height, shape[0]), (width, shape[1])):
        if fixed is not None and said != fixed:
            refuse(where, f"it takes pictures of {_words(shape)}. Received: {height} × {width}.")
    if (
        height is None
        or width is None
        or not all(SIDES[0] <= side <= SIDES[1] for side in (height, width))
    ):
        refuse(where, f"it takes pictures of {_words((height, width))}; sides of {SIDES[0]} to "
               f"{SIDES[1]} are opened.")  # fmt: skip
    return height, width


def _words(shape: Sequence[int | None]) -> str:
    return " × ".join("any" if side is None else str(side) for side in shape)
