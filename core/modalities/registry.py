"""The one list of modalities, those of packages among them."""

from __future__ import annotations

from core.modalities.base import Modality
from core.modalities.picture.modality import PictureModality
from core.registry import Registry

__all__ = ["DEFAULT_MODALITY", "MODALITIES", "get"]

DEFAULT_MODALITY = PictureModality.id

MODALITIES: Registry[type[Modality]] = Registry(
    "modality", (PictureModality,), group="pellucid.modalities", base=Modality
)


def get(modality_id: str) -> Modality:
    """Return the modality called ``modality_id``.

    Raises
    ------
    UnknownNameError
        If there is none; the text lists what there is.
    """
    return MODALITIES.find(modality_id)()
