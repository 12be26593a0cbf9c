from __future__ import annotations

import re
from pathlib import Path

import pytest

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
