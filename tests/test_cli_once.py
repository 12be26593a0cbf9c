"""A repeated option that takes one value is refused, in every command."""

from __future__ import annotations

import pytest
from typer.core import TyperOption
from typer.main import get_command

from core.cli import app, main

COMMANDS = get_command(app).commands  # type: ignore[attr-defined]


def options(*, multiple: bool) -> list[tuple[str, str]]:
    """Return the options that take values, of every command."""
    return [
        (name, parameter.opts[0])
        for name, command in COMMANDS.items()
        for parameter in command.params
        if isinstance(parameter, TyperOption)
        and not parameter.is_flag
        and parameter.multiple is multiple
    ]


def told(capfd: pytest.CaptureFixture[str], *words: str) -> str:
    with pytest.raises(SystemExit) as left:
        main(list(words))
    assert left.value.code == 2
    (line,) = [each for each in capfd.readouterr().err.splitlines() if each.startswith("error: ")]
    return line


@pytest.mark.parametrize(("command", "option"), options(multiple=False))
def test_a_value_twice_is_refused_in_one_line(
    command: str, option: str, capfd: pytest.CaptureFixture[str]
) -> None:
    for words in ((option, "1", option, "2"), (option, "1", option, "1", f"{option}=1")):
        line = told(capfd, command, *words)
        assert f"{option} is given {len([w for w in words if option in w])} times" in line
        assert "Give it once" in line


@pytest.mark.parametrize(("command", "option"), options(multiple=True))
def test_options_that_take_several_values_take_them(
    command: str, option: str, capfd: pytest.CaptureFixture[str]
) -> None:
    main_text = [command, option, "a", option, "b", "--no-such-option"]
    assert "times" not in told(capfd, *main_text)


def test_there_are_such_options() -> None:
    assert len(options(multiple=False)) > 200
    assert len(options(multiple=True)) > 5


def test_opposite_flags_are_one_option(capfd: pytest.CaptureFixture[str]) -> None:
    pairs = [
        (name, parameter.opts[0], parameter.secondary_opts[0])
        for name, command in COMMANDS.items()
        for parameter in command.params
        if isinstance(parameter, TyperOption) and parameter.secondary_opts
    ]
    for command, yes, no in pairs:
        assert "is given 2 times" in told(capfd, command, yes, no)


def test_a_parameter_twice_is_refused(capfd: pytest.CaptureFixture[str], tmp_path: object) -> None:
    line = told(
        capfd, "explain", "x.png", "--out", str(tmp_path), "--param", "n_samples=8",
        "--param", "n_samples=16",
    )  # fmt: skip
    assert "--param n_samples is given twice: '8' and '16'" in line


def test_the_example_of_two_targets(capfd: pytest.CaptureFixture[str], tmp_path: object) -> None:
    words = ("explain", "x.png", "--out", str(tmp_path), "--target", "cat", "--target", "dog")
    assert "--target is given 2 times, but it takes one value" in told(capfd, *words)
