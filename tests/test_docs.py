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
    shown = set(reference.public(api))
    constants = {name for name in shown if name.isupper()} | {"PluginKind", "Served"}
    assert shown - headed == constants
    assert "Prediction" in headed
    assert set(reference.Reference().classes) <= headed
    assert {"Explanation", "FairnessReport", "Run"} <= reference.public(contracts).keys() & headed
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


# ---- what the house says of itself


DECISIONS = sorted((DOCS / "decisions").glob("[0-9]*.md"))
HOUSE = [ROOT / "ARCHITECTURE.md", DOCS / "rooms.md", *DECISIONS]
ROOTS = ("core", "dashboard", "docs", "tests", "benchmarks", "assets")


def _named(text: str) -> set[str]:
    """Return the paths that a page names: from a folder of the root, or to a file."""
    spans = re.findall(r"`([^`\n]+)`", text)
    return {
        span
        for span in spans
        if re.fullmatch(r"[\w.-]+(/[\w.-]*)+", span)
        and (span.split("/")[0] in ROOTS or re.search(r"\.(py|md|toml|json)$", span))
    }


@pytest.mark.parametrize("path", HOUSE, ids=lambda path: path.stem)
def test_every_path_that_a_page_names_is_there(path: Path) -> None:
    missing = {name for name in _named(path.read_text(encoding="utf-8")) if not _is_there(name)}
    assert not missing


def _is_there(name: str) -> bool:
    return (ROOT / name).is_dir() if name.endswith("/") else (ROOT / name).exists()


def test_a_path_that_is_not_there_is_found() -> None:
    assert _named("`core/saliency/`, `tests/gone.py`, `1/255`, `saliency/base.py`") == {
        "core/saliency/", "tests/gone.py", "saliency/base.py",
    }  # fmt: skip
    assert not any(map(_is_there, ("core/gone/", "tests/gone.py", "saliency/base.py")))


def test_architecture_is_read_in_five_minutes() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    assert len([word for word in text.split() if re.search(r"\w", word)]) <= 1100


def test_every_package_of_core_has_a_line_in_rooms_and_a_level() -> None:
    rooms, house = (page.read_text(encoding="utf-8") for page in (HOUSE[1], HOUSE[0]))
    for package in sorted(p.parent.name for p in (ROOT / "core").glob("*/__init__.py")):
        assert f"`core/{package}/`" in rooms, f"docs/rooms.md has no line for core/{package}/"
        assert f"`{package}`" in house, f"ARCHITECTURE.md names no level for {package}"


def test_decisions_are_numbered_and_listed() -> None:
    index = (DOCS / "decisions/README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^- \[(\d+)\. (.+)\]\((.+)\) \((\d{4}-\d\d-\d\d)\)$", index, re.M)
    assert [int(number) for number, *_ in listed] == list(range(1, len(DECISIONS) + 1))
    assert [name for _, _, name, _ in listed] == [path.name for path in DECISIONS]
    for (number, title, _, date), path in zip(listed, DECISIONS, strict=True):
        text = path.read_text(encoding="utf-8")
        assert text.startswith(f"# {number}. {title}\n\nSince {date}.\n\n")
        assert path.name.startswith(f"{int(number):04d}-")
