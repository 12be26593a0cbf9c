"""A depth that was chosen stands in the command that repeats the work, and in no key."""

from __future__ import annotations

import numpy as np
import pytest

from core import api
from core.contracts import DEPTHS, Depth, Picture
from core.modalities.picture.images import open_picture, to_input

VALUES = np.linspace(0, 255, 60).round().astype(np.uint16)[None].repeat(40, 0)


@pytest.mark.parametrize("depth", DEPTHS)
def test_of_files_of_sixteen_bits(depth: Depth) -> None:
    picture = open_picture(VALUES, depth=depth)
    wanted = ["--geometry", "crop", *([] if depth == "auto" else ["--depth", depth])]
    assert to_input(picture, shape=(32, 32, 3)).options() == wanted


@pytest.mark.parametrize("depth", DEPTHS)
def test_of_files_of_eight_bits_it_says_nothing(depth: Depth) -> None:
    picture = open_picture(VALUES.astype(np.uint8), depth=depth)
    assert to_input(picture, shape=(32, 32, 3)).options() == ["--geometry", "crop"]


def test_every_command_about_a_picture_has_it(toys: None) -> None:
    picture = open_picture(VALUES, depth="12")
    plain = Picture(picture.name, picture.pixels)

    def requests(shown: Picture) -> list[object]:
        model = {"model": "toy_gap"}
        return [
            api.explanation_request(shown, target=1, method="saliency", **model),
            api.shap_request(shown, **model),
            api.counterfactual_request(shown, **model),
            api.drift_request(shown, path="noise", **model),
            api.explanation_drift_request(shown, method="saliency", **model),
            api.certify_picture_request(shown, **model),
        ]

    for chosen, auto in zip(requests(picture), requests(plain), strict=True):
        assert chosen.key == auto.key  # type: ignore[attr-defined]
        told, bare = (
            c(1) if callable(c) else c
            for c in (chosen.command, auto.command)  # type: ignore[attr-defined]
        )
        assert "--depth 12" in told, told
        assert told.replace(" --depth 12", "") == bare
