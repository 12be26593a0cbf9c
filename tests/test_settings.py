from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.cli import main
from core.errors import InputError
from core.settings import Settings, settings

README = (Path(__file__).resolve().parent.parent / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", Settings.model_fields)
def test_the_readme_lists_every_setting_as_it_is(name: str) -> None:
    field = Settings.model_fields[name]
    row = re.search(rf"^\| `PELLUCID_{name.upper()}` \|(.*)\|(.*)\|$", README, re.MULTILINE)
    assert row, f"PELLUCID_{name.upper()} is missing from the README"
    assert row[2].strip() == field.description
    shown = row[1].strip().strip("`")
    default = "" if field.default in (None, "") else field.default
    assert shown == (f"{default:g}" if isinstance(default, float) else str(default))


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PELLUCID_CACHE_GB", "0.5")
    assert Settings().cache_gb == 0.5
    monkeypatch.setenv("PELLUCID_DEVICE", "tpu")
    settings.cache_clear()
    with pytest.raises(InputError, match="PELLUCID_DEVICE=tpu"):
        settings()
    settings.cache_clear()


NUMBERS = [
    name for name, field in Settings.model_fields.items() if field.annotation in (int, float)
]
NO_NUMBERS = ("1e999", "1e308", "nan", "-1", "abc", "", " ", "1_0", "\u0663", "0x10", "9" * 5_000)


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", NO_NUMBERS)
def test_what_is_no_number_is_refused_in_one_line(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    variable = f"PELLUCID_{name.upper()}"
    monkeypatch.setenv(variable, value)
    settings.cache_clear()
    with pytest.raises(SystemExit) as left:
        main(["cache", "--json"])
    settings.cache_clear()
    out, err = capfd.readouterr()
    assert (left.value.code, out) == (2, "")
    (line,) = err.splitlines()
    assert line.startswith(f"error: {variable}={value.strip()[:40]}")
    assert "Expected a" in line
    assert f"Received: {value.strip()[:40] or 'nothing'}" in line
    assert len(line) < 200


def test_numbers_of_settings_are_read_as_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(NUMBERS) == 7
    monkeypatch.setenv("PELLUCID_CACHE_GB", " 2.5e0 ")
    monkeypatch.setenv("PELLUCID_SEED", "1e3")
    found = Settings()
    assert (found.cache_gb, found.seed) == (2.5, 1000)
    monkeypatch.setenv("PELLUCID_CACHE_GB", "2,5")
    with pytest.raises(ValueError, match=r"Write 2\.5, with a decimal point"):
        Settings()


def test_the_server_says_it_before_it_starts(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PELLUCID_MAX_UPLOAD_MB", "much")
    settings.cache_clear()
    with pytest.raises(SystemExit) as left:
        main(["serve"])
    settings.cache_clear()
    assert left.value.code == 2
    assert "PELLUCID_MAX_UPLOAD_MB=much" in capfd.readouterr().err
