"""Numbers of the command line: one reader for all options, and the seed of the environment."""

from __future__ import annotations

import pytest
from typer.main import get_command

from core import api
from core.cli import app, main

NO_NUMBERS = ("²", "1_000", "0x10", "nan", "1e999", "9" * 5_000, "half", "")


def numbers() -> list[tuple[str, str]]:
    """Return every option of every command that takes a number."""
    return [
        (name, parameter.opts[0])
        for name, command in get_command(app).commands.items()  # type: ignore[attr-defined]
        for parameter in command.params
        if parameter.metavar in ("INTEGER", "NUMBER")
    ]


def told(capfd: pytest.CaptureFixture[str], *words: str) -> str:
    with pytest.raises(SystemExit) as left:
        main(list(words))
    assert left.value.code == 2
    (line,) = [each for each in capfd.readouterr().err.splitlines() if each.startswith("error: ")]
    return line


@pytest.mark.parametrize(("command", "option"), numbers())
def test_what_is_no_number_is_refused_in_one_line(
    command: str, option: str, capfd: pytest.CaptureFixture[str]
) -> None:
    for text in NO_NUMBERS:
        line = told(capfd, command, option, text)
        assert option in line
        assert len(line) < 400
        assert "Value error" not in line
        assert ("Received: nothing." in line) == (not text)


def test_every_number_is_read_by_the_one_reader() -> None:
    found = [
        (name, parameter.name)
        for name, command in get_command(app).commands.items()  # type: ignore[attr-defined]
        for parameter in command.params
        if parameter.get_runtime_param().annotation in (int, float) and not parameter.metavar
    ]
    assert not found


def test_every_command_hears_the_seed_of_the_environment() -> None:
    seeds = [
        parameter
        for command in get_command(app).commands.values()  # type: ignore[attr-defined]
        for parameter in command.params
        if parameter.name == "seed"
    ]
    assert len(seeds) > 15
    assert {parameter.envvar for parameter in seeds} == {"PELLUCID_SEED"}


def test_the_seed_of_the_environment_is_the_seed_unless_one_is_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard: list[int] = []
    monkeypatch.setattr(api, "train", lambda **options: heard.append(options["seed"]) or 1 / 0)
    for environment, words in (("7", []), ("7", ["--seed", "3"]), (None, [])):
        if environment is None:
            monkeypatch.delenv("PELLUCID_SEED")
        else:
            monkeypatch.setenv("PELLUCID_SEED", environment)
        with pytest.raises(SystemExit):
            main(["train", *words])
    assert heard == [7, 3, 0]
