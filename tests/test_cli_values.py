"""Every value of every option and argument: what it may not be is one line that names it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.main import get_command

from core.calibration import measure
from core.cli import app, main
from core.compression import compress
from core.models.runtime import Runtime
from core.terminal.options import printable
from core.training import run

COMMANDS: dict[str, Any] = get_command(app).commands  # type: ignore[attr-defined]
NOTHING = ("", " ", "\t")
VALUES = ("9" * 400, "²")
FAIR = ("TABLE", "--y-true", "label", "--y-pred", "pred", "--group", "sex")
PORTRAITS = ("--model", "portraits_fair", "--dataset", "portraits")
WORKING: dict[str, Sequence[str]] = {
    "attack": ("PICTURE",), "card": ("portraits_fair",), "certify": PORTRAITS,
    "compare": ("PICTURE", "--method-b", "saliency"), "compress": ("--model", "portraits_fair"),
    "concepts": ("FOLDER", "--class", "tabby"), "corruptions": PORTRAITS,
    "counterfactual": ("PICTURE",), "drift": ("PICTURE", "--out", "OUT"),
    "evaluate": ("PICTURE",), "explain": ("PICTURE", "--out", "OUT"), "fairness": FAIR,
    "mitigate": (*FAIR, "--score", "score", "--attribute", "sex"),
    "neighbours": ("PICTURE", "--folder", "FOLDER"),
    "predict": ("PICTURE",), "robustness": PORTRAITS, "shap": ("PICTURE", "--out", "OUT"),
    "slices": FAIR, "train": (), "visualise": ("--target", "tabby", "--out", "OUT"),
    "tcav": ("FOLDER", "--concept", "s=FOLDER", "--random", "FOLDER", "--target", "tabby"),
}  # fmt: skip
"""Words with which each command would begin to work."""


class Began(BaseException):
    """In place of work: every argument was taken."""


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    def begin(*_: object, **__: object) -> None:
        raise Began

    for owner, name in ((Runtime, "__init__"), (run, "train"), (measure, "calibrate"),
                        (compress, "compress"), (os, "execve")):  # fmt: skip
        monkeypatch.setattr(owner, name, begin)
    for i in range(4):
        (tmp_path / "pets" / "ab"[i % 2]).mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(i).integers(0, 256, (32, 32, 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / "pets" / "ab"[i % 2] / f"{i}.png")
    rows = (f"{i % 2},{i // 2 % 2},{'mf'[i % 3 == 0]},0.{i % 10}\n" for i in range(60))
    (tmp_path / "t.csv").write_text("label,pred,sex,score\n" + "".join(rows))
    monkeypatch.chdir(tmp_path)
    return {"PICTURE": "pets/a/0.png", "FOLDER": "pets", "TABLE": "t.csv", "OUT": "out"}


def line(words: Sequence[str], capfd: pytest.CaptureFixture[str]) -> str:
    """Return the error of a command that exits with 2, ``""`` of one that begins, or is done."""
    with pytest.raises((Began, SystemExit)) as left:
        main(words)
    told = [each for each in capfd.readouterr().err.splitlines() if each.startswith("error: ")]
    code = left.value.code if isinstance(left.value, SystemExit) else 0
    assert code in (0, 2), (words, told)
    assert len(told) == (code == 2), words
    return told[0] if told else ""


@pytest.mark.parametrize("command", COMMANDS)
def test_no_value_is_nothing(command: str, capfd: pytest.CaptureFixture[str]) -> None:
    for parameter in COMMANDS[command].params:
        if getattr(parameter, "is_flag", False) or parameter.name in ("help", "missing"):
            continue
        argument = parameter.param_type_name == "argument"
        name = parameter.name.upper() if argument else max(parameter.opts, key=len)
        for text in NOTHING:
            told = line([command, *([] if argument else [name]), text], capfd)
            assert name in told
            assert "is empty. Give it a value" in told or "Received: nothing." in told


@pytest.mark.parametrize(
    ("name", "shown"),
    [("a\nb", r"a\nb"), ("\x1b[2J", r"\x1b[2J"), ("a\u202egnp.exe", r"a\u202egnp.exe"),
     ("\u2028", r"\u2028"), ("été 日本 🙂.png", "été 日本 🙂.png")],
)  # fmt: skip
def test_no_name_steers_the_terminal(name: str, shown: str) -> None:
    assert printable(name) == shown


@pytest.mark.slow
@pytest.mark.parametrize("command", WORKING)
def test_what_is_no_value_names_its_option(
    command: str, places: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    words = [command]
    for word in WORKING[command]:
        name, equals, place = word.rpartition("=")
        words.append(f"{name}{equals}{places.get(place, place)}")
    assert not line(words, capfd)
    for parameter in COMMANDS[command].params:
        if parameter.param_type_name == "argument" or parameter.is_flag or parameter.metavar:
            continue
        name = max(parameter.opts, key=len)
        for text in VALUES:
            given = list(words)
            if name in given:
                given[given.index(name) + 1] = text
            else:
                given += [name, text]
            told = line(given, capfd)
            assert len(told) < 800, told
            said = told.casefold().replace("_", "-")
            assert not told or name.strip("-") in said, (given, told)
