"""The pages of ``docs``: made from the docstrings as they are, and every link leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core import api, contracts
from docs import reference

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
MADE = reference.pages()


@pytest.mark.parametrize("name", reference.PAGES)
def test_the_page_is_what_the_docstrings_make(name: str) -> None:
    held = (DOCS / name).read_text(encoding="utf-8")
    assert held == MADE[name], f"docs/{name} is behind the docstrings: run make reference"


def test_everything_public_has_its_place() -> None:
    headed = set(re.findall(r'^### <a id="api-(\w+)"></a>', "\n".join(MADE.values()), re.M))
    constants = {name for name in api.__all__ if name.isupper()} | {"PluginKind", "Served"}
    assert set(api.__all__) - headed == constants
    assert "Prediction" in headed
    assert set(reference.Reference().classes) <= headed
    assert {"Explanation", "FairnessReport", "Run"} <= set(contracts.__all__) & headed
    assert f"## {reference.ELSEWHERE}" not in MADE[reference.REFERENCE]


def test_no_role_of_another_tool_is_left() -> None:
    for name, text in MADE.items():
        assert not re.search(r":(func|class|mod|data):|``", text.replace("```", "")), name


def test_options_stand_in_the_reference_with_defaults_and_meaning() -> None:
    text = MADE[reference.REFERENCE]
    explain = text[text.index('<a id="api-explain">') :].partition("\n### ")[0]
    assert '    method: str = "gradcam",\n' in explain
    assert "- `against` (int, str or None): Explains logit(target) − logit(against)." in explain
    assert "[Explanation](results.md#api-Explanation)" in explain


@pytest.mark.parametrize(
    "path", [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))], ids=lambda p: p.name
)
def test_every_link_leads_somewhere(path: Path) -> None:
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("http:", "https:")):
            continue
        file, _, anchor = target.partition("#")
        there = path.parent / file if file else path
        assert there.exists(), target
        if anchor.startswith("api-"):
            assert f'<a id="{anchor}"></a>' in there.read_text(encoding="utf-8"), target
