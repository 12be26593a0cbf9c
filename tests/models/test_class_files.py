"""A class file names what has no names; it does not call a model's answers by other names."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.contracts import ModelRef
from core.errors import InputError
from core.models.labels import class_names


def test_a_model_s_own_names_in_another_order_are_refused(tmp_path: Path) -> None:
    """The advice to name the classes made 33 % of a model that is right on every picture."""
    own = class_names(ModelRef("portraits_fair")).labels
    file = tmp_path / "classes.txt"
    file.write_text("\n".join(own))
    assert class_names(ModelRef("portraits_fair", classes=str(file))).labels == own
    file.write_text("\n".join([*own[1:], own[0]]) + "\n\n")
    with pytest.raises(InputError, match="in another order, so its answers would go under wrong"):
        class_names(ModelRef("portraits_fair", classes=str(file)))
