"""From bytes to a checked picture, and from a picture to what a model sees.

Whatever comes in ends as a picture or as one :class:`~core.errors.ImageError`. What decoding would
cost is looked up before it begins (:mod:`~core.modalities.picture.images._cost`): a stranger's file
costs a header read at most, unless it stays within the caps.
"""

from core.modalities.picture.images._caps import MIN_SIDE
from core.modalities.picture.images._files import KINDS, SUFFIXES, is_picture
from core.modalities.picture.images._geometry import in_channels, to_input
from core.modalities.picture.images._opening import (
    FORMATS,
    check_file,
    from_array,
    open_picture,
)

__all__ = [
    "FORMATS",
    "KINDS",
    "MIN_SIDE",
    "SUFFIXES",
    "check_file",
    "from_array",
    "in_channels",
    "is_picture",
    "open_picture",
    "to_input",
]
