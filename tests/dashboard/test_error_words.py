"""No page shows an option of the command line: core names options in brackets, which pages drop.

All texts of core that could be an error are walked, not a chosen few.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.formatting import error_text

ROOT = Path(__file__).resolve().parent.parent.parent
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*|python -m core")
WIDGET = re.compile(r"\b(under Options|page control|button|sidebar|text field|drop-?down)\b", re.I)
RAISING = re.compile(r"(Error|_refused|failed)$")


def raised(path: Path) -> Iterator[tuple[int, str]]:
    """Yield every text inside a call that makes an error, its parts joined."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and RAISING.search(ast.unparse(node.func)):
            for argument in node.args:
                parts = [
                    each.value if isinstance(each, ast.Constant) else "X"
                    for each in ast.walk(argument)
                    if isinstance(each, ast.Constant | ast.FormattedValue)
                    and (not isinstance(each, ast.Constant) or isinstance(each.value, str))
                ]
                yield node.lineno, joined(argument) or " ".join(map(str, parts))


def joined(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(joined(v) if isinstance(v, ast.Constant) else "X" for v in node.values)
    if isinstance(node, ast.BinOp):
        return joined(node.left) + joined(node.right)
    return ""


def core_modules() -> list[Path]:
    return [
        path
        for path in sorted((ROOT / "core").rglob("*.py"))
        if not {"cli", "cli.py", "terminal"} & set(path.parts)  # the command line itself
        and path.name != "shipping.py"  # of the maintainers' command
    ]


@pytest.mark.parametrize("path", core_modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_what_pages_show_of_an_error_names_no_option(path: Path) -> None:
    for line, text in raised(path):
        assert not OPTION.search(error_text(text)), (line, text)
        assert not WIDGET.search(text), (line, text)


def test_pages_word_every_error() -> None:
    bare = [
        f"{path.relative_to(ROOT)}"
        for path in sorted((ROOT / "dashboard").rglob("*.py"))
        if "str(error)" in path.read_text(encoding="utf-8") and path.name != "formatting.py"
    ]
    assert not bare


def test_options_go_whatever_name_they_quote() -> None:
    from dashboard.formatting import error_text

    for name in ("a", "(0/1)", "a) (b", "--x"):
        said = f'Say which class it means (--map "{name}=CLASS"); or take it out (--no-labels).'
        assert error_text(said) == "Say which class it means; or take it out."
