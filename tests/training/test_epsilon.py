"""ε of trainings: in pixels of [0, 1], as everywhere; what was written before is found and read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core import api
from core.contracts import Artefact, Run, TrainRequest, content_key
from core.errors import ParameterError
from core.runs import SHIPPED, finished_runs

RECIPES = ("adversarial", "ibp")


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("text", ["8", 8, 8.0, "2.5", "0.5", "64"])
def test_levels_of_eight_bits_are_refused_with_what_was_meant(recipe: str, text: object) -> None:
    with pytest.raises(ParameterError, match=r"did you mean epsilon=[\d.]+/255\?") as refused:
        api.train_request(recipe=recipe, parameters={"epsilon": text})
    assert f"epsilon={float(str(text)):g}/255?" in str(refused.value)


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("text", ["8/255", 8 / 255, "0.0313725490196", " 8 / 255 ", "16/510"])
def test_fractions_and_numbers_are_one_epsilon(recipe: str, text: object) -> None:
    asked = api.train_request(recipe=recipe, parameters={"epsilon": text})
    assert asked.parameters["epsilon"] == "8/255"
    assert "--param epsilon=8/255" in asked.command


@pytest.mark.parametrize("text", ["0", "-1/255", "65/255", "1/0", "nan", "eight", "8/256/2", 300])
def test_what_is_no_distance_is_refused(text: object) -> None:
    with pytest.raises(ParameterError, match=r"from 0\.25/255 to 64/255"):
        api.train_request(recipe="adversarial", parameters={"epsilon": text})


def test_runs_of_before_are_found_by_their_key() -> None:
    asked = api.train_request(recipe="adversarial", parameters={"epsilon": "8/255"})
    document = asked.to_document()
    document["parameters"]["epsilon"] = 8.0  # as an unfinished run of before holds it
    assert TrainRequest.from_document(document) == asked
    named_before = content_key(
        {
            "kind": "train", "data": asked.fingerprint, "recipe": "adversarial", "base": None,
            "base_weights": "", "parameters": asked.parameters | {"epsilon": 8.0},
            "seed": asked.seed, "versions": asked.versions,
        }
    )  # fmt: skip
    assert asked.key == named_before


def test_a_run_of_before_is_read_as_if_it_were_of_today() -> None:
    stored = json.loads((SHIPPED / "portraits_robust" / "run.json").read_bytes())["run"]
    assert stored["parameters"]["epsilon"] == 8.0, "the shipped run is one of before"
    run = finished_runs()["portraits_robust"]
    assert run.parameters["epsilon"] == "8/255"
    assert run.facts["epsilon"] == 8 / 255
    assert run.seeds is not None
    assert run.seeds.facts["epsilon"].mean == pytest.approx(8 / 255)
    assert "--param epsilon=8/255 " in run.command
    assert "epsilon_255" not in str(run.to_artefact().document)
    assert Run.from_artefact(Artefact(run.to_artefact().document)) == run


def test_the_shipped_card_says_it_so() -> None:
    card = (Path(SHIPPED) / "portraits_robust" / "card.md").read_text()
    assert "| epsilon | 8/255 |" in card
    assert "epsilon_255" not in card
