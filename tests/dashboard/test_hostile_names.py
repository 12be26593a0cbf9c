"""Names and cells of strangers' tables stay text, wherever a page shows them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import services
from dashboard.app_pages.fairness import source as fairness_source
from dashboard.app_pages.fairness.page_choice import FairnessChoice
from dashboard.formatting import escape
from tests.dashboard.test_fairness_page import opened

HOSTILE = (
    "![p](http://127.0.0.1:9/p.png)", "[go](http://evil.example)", ":red[x]", "$x^2$",
    "<img src=http://127.0.0.1:9/i.png>", ":material/bolt:", "**b**", "www.evil.example",
    ":rainbow-background[y]", "# head",
)  # fmt: skip
LIVE = ("](http", ":red[", "$x^2", "<img", ":material/bolt", "**b**", "www.evil", ":rainbow-")
MARKDOWN = ("markdown", "caption", "heading", "alert", "title", "header", "subheader", "info",
            "error", "warning", "success", "badge")  # fmt: skip


def table(*, classes: tuple[str, ...], scores: bool) -> bytes:
    names = ["y", "p", HOSTILE[0], HOSTILE[4], HOSTILE[3], *(["s"] if scores else [])]
    n, rows = 120, [",".join(names)]
    for i in range(n):
        label, said = classes[i % len(classes)], classes[(i // 5) % len(classes)]
        cells = [label, said, HOSTILE[i % 3], HOSTILE[4 + i % 4], HOSTILE[8 + i % 2]]
        rows.append(",".join([*cells, *([f"0.{i:03}"] if scores else [])]))
    return "\n".join(rows).encode()


def walked(block: object) -> Iterator[object]:
    yield block
    for child in getattr(block, "children", {}).values():
        yield from walked(child)


def shown_as_markdown(app: AppTest) -> Iterator[str]:
    """Every text of a page that Streamlit draws as Markdown; of HTML, no element is theirs."""
    for element in walked(app._tree):
        proto = getattr(element, "proto", None)
        kind = getattr(element, "type", "")
        if proto is None:
            continue
        if kind == "html":
            assert "<img src=http" not in proto.body
        if kind in MARKDOWN:
            yield getattr(proto, "body", "")
        if kind == "table":
            frame = element.value  # type: ignore[attr-defined]
            yield from map(str, frame.columns)
            yield from map(str, frame.to_numpy().ravel())
        for name in ("label", "help", "tooltip"):
            found = getattr(proto, name, "")
            if isinstance(found, str):
                yield found
        if kind in ("button_group", "pills", "segmented_control"):
            yield from (option.content for option in proto.options)
        for part in ("expandable", "tab", "popover"):
            found = getattr(getattr(proto, part, None), "label", "")
            if isinstance(found, str):
                yield found


@pytest.mark.parametrize(
    ("classes", "scores", "positive"),
    [(("0", "1"), True, ""), ((HOSTILE[2], HOSTILE[1]), True, HOSTILE[1]),
     ((HOSTILE[2], HOSTILE[1], "a|b", HOSTILE[6]), False, "")],
)  # fmt: skip
def test_the_fairness_page_shows_them_as_they_are(
    classes: tuple[str, ...], scores: bool, positive: str
) -> None:
    source = services.hold_table(table(classes=classes, scores=scores), name=f"{HOSTILE[0]}.csv")
    audit = FairnessChoice(
        source="table", table=source.sha256, label="y", prediction="p",
        score="s" if scores else "", groups=(HOSTILE[0], HOSTILE[4], HOSTILE[3]),
        positive=positive,
    )  # fmt: skip
    app = opened(audit)
    assert not app.exception
    for text in shown_as_markdown(app):
        bare = text.replace(f"`{HOSTILE[0]}.csv`", "")  # a code span is text
        assert not [mark for mark in LIVE if mark in bare], text


def test_the_first_rows_are_text_and_no_column_is_lost() -> None:
    data = b"![h](http://127.0.0.1:9/h.png),,a,\n:red[x],1,2,3\n"
    preview = services.preview_table(services.hold_table(data, name="t.csv"))
    (row,) = fairness_source._plain(preview)
    assert list(row) == [escape("![h](http://127.0.0.1:9/h.png)"), "column 2", "a", "column 4"]
    assert list(row.values()) == [escape(":red[x]"), "1", "2", "3"]
