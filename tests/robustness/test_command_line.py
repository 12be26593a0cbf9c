"""The command line of robustness: lists, the promised JSON, and one clear line for mistakes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from core import api
from core.cli import main

QUICK = ("--model", "rob_curved", "--split", "train", "--limit", "12", "--attack", "fgsm")


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(words)
    return int(ended.value.code or 0)


def answered(capfd: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert run(*words, "--json") == 0
    return json.loads(capfd.readouterr().out)


@pytest.mark.parametrize(
    "eps",
    [("--eps", "1/255", "4/255", "0.05"), ("--eps", "1/255,4/255,0.05"),
     ("--eps", "1/255 4/255 , 0.05"), ("--eps", "1/255", "--eps", "4/255", "--eps=0.05"),
     ("--eps=4/255", "1/255,.05")],
)  # fmt: skip
def test_eps_is_a_list_however_it_is_written(
    folder: Path, eps: tuple[str, ...], capfd: pytest.CaptureFixture[str]
) -> None:
    document = answered(
        capfd, "robustness", "--dataset", str(folder), *QUICK, *eps, "--no-checks", "--no-rounding"
    )
    asked = [point["eps"] for point in document["curves"][0]["points"]]
    assert asked == pytest.approx([0, 1 / 255, 4 / 255, 0.05])


def test_attacks_follow_one_another_as_well(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    document = answered(
        capfd, "robustness", "--dataset", str(folder), *QUICK, "uniform_noise", "--eps", "1/255",
        "--no-checks", "--no-rounding",
    )  # fmt: skip
    assert [c["attack"] for c in document["curves"]] == ["fgsm", "uniform_noise"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--eps", "3.0"), "ε = 3.0? Pixels are in [0, 1]; did you mean 3/255?"),
        (("--eps", "1/255", "8"), "ε = 8? Pixels are in [0, 1]; did you mean 8/255?"),
        (("--eps", "-0.1"), "ε must not be negative, it is a distance. Received: -0.1. Did you"),
        (("--eps", "1/255", "-4/255"), "Did you mean 4/255?"),
        (("--eps", "0,031"), "one number is written with a decimal point: 0.031."),
        (("--eps", "0", "05"), "ε = 0,05? A comma separates several ε"),
        (("--eps", "0,8"), "a decimal point: 0.8."),
        (("--eps", "1/255,0,02"), "a decimal point: 0.02."),
        (("--eps", "4/0"), "a fraction such as 8/255"),
        (("--eps", "4//255"), "a fraction such as 8/255"),
        (("--eps", "nan"), "ε must be a number"),
        (("--eps", ","), "at least one ε larger than 0"),
        (("--norm", "l2", "--eps", "64"), "from all black to all white it is 27.71 in l2; did you"),
        (("--norm", "l1"), "fgsm is not defined for the norm l1, only for linf, l2"),
        (("--norm", "l7"), "norm must be one of linf, l2"),
        (("--param", "steps=3"), "--param takes attack.name=value, such as pgd.steps=20"),
        (("--by", "tone"), "has no attribute 'tone'"),
        (("--model", "rob_linear"), "not all of them are among the 2 of rob_linear"),
        (("--attack", "pdg"), "Did you mean 'pgd'?"),
    ],
)
def test_mistakes_are_one_line_that_says_how_to_mend_them(
    folder: Path, words: tuple[str, ...], told: str, capfd: pytest.CaptureFixture[str]
) -> None:
    quick = QUICK[2:] if "--model" in words else QUICK
    assert run("robustness", "--dataset", str(folder), *quick, *words) == 2
    out, err = capfd.readouterr()
    assert not out
    (line,) = [each for each in err.splitlines() if each.startswith("error: ")]
    assert told in line


def test_the_command_line_prints_the_promised_json(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    document = answered(
        capfd, "robustness", "--dataset", str(folder), *QUICK, "--attack", "uniform_noise",
        "--norm", "l2", "--eps", "1/4,1", "--by", "band", "--no-checks",
    )  # fmt: skip
    assert {"model", "n", "clean_accuracy", "curves", "worst_case", "checks", "seconds"} <= set(
        document
    )
    first = document["curves"][0]
    assert (first["attack"], first["norm"], first["group"]) == ("fgsm", "l2", None)
    assert [p["eps"] for p in first["points"]] == [0.0, 0.25, 1.0]
    assert {"eps", "accuracy", "low", "high", "n"} <= set(first["points"][0])
    assert "median_distance" in first
    assert document["n"] == 12
    assert {c["group"] for c in document["curves"]} == {None, "dark", "light"}


def test_attacks_are_listed_with_their_parameters(capfd: pytest.CaptureFixture[str]) -> None:
    listed = {a["id"]: a for a in answered(capfd, "attacks")["attacks"]}
    assert {"fgsm", "pgd", "apgd_ce", "square"} <= set(listed)
    assert "steps" in {p["name"] for p in listed["pgd"]["parameters"]}
    assert listed["square"]["needs_gradients"] is False


def test_a_folder_with_one_picture_a_class_is_attacked_corrupted_and_predicted(
    folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    one, names = tmp_path / "one", api.class_names("rob_curved")
    rows = [line.split(",") for line in (folder / "metadata.csv").read_text().splitlines()[1:]]
    # Every tenth is labelled as the model does not answer; of the others one for each class.
    first = {label: file for i, (file, label, _) in reversed([*enumerate(rows)]) if i % 10}
    for label, file in first.items():
        (one / names[int(label)]).mkdir(parents=True)
        shutil.copy(folder / file, one / names[int(label)])
    (one / "classes.txt").write_text("\n".join(names))
    asked = ("--dataset", f"folder:{one}", "--model", "rob_curved")
    attacked = ("--attack", "fgsm", "--eps", "4/255", "--no-checks", "--no-rounding")
    assert answered(capfd, "robustness", *asked, *attacked)["n"] == len(first)
    noise = ("--corruption", "gaussian_noise", "--severity", "1")
    assert answered(capfd, "corruptions", *asked, *noise)["n"] == len(first)
    assert answered(capfd, "predict", *asked)["n"] == len(first)
    assert run("train", "--dataset", f"folder:{one}") == 2
    assert "to train on" in capfd.readouterr().err
