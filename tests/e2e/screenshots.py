"""Write screenshots of every page, to be looked at: ``python -m tests.e2e.screenshots FOLDER``."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from tests.e2e.driver import Page, Server, opened, until

QUERIES = {
    "landing": "",
    "contrast": "?target=281&against=282&method=layercam&compare=classes&with=281,282,285",
    "signed": "?picture=coffee&method=integrated_gradients",
    "compare": "?picture=coffee&compare=methods&with=gradcam,layercam,smoothgrad",
}
WIDTHS = {1440: 900, 390: 844}


def shown(page: Page) -> bool:
    waiting = page.all(".stProgress, .stSkeleton") or page.in_component(".tiles .waiting")
    return bool(page.map_source() and not waiting)


def evidence(page: Page, folder: Path, suffix: str) -> None:
    """Write the evidence card with its folds open, and a leaderboard."""
    page.open("?picture=coffee&metrics=entropy")
    until(lambda: shown(page) and "Insertion 0." in page.text, "evidence card")
    for fold in page.all(".stExpander summary"):
        page.run("arguments[0].click()", fold)
    until(lambda: page.in_component(".mask:not([hidden])"), "sheet to draw on")
    page.run("arguments[0].click()", page.in_component(".mask button[data-do=ellipse]")[0])
    page.says("Your mask covers")
    page.screenshot(folder / f"evidence-card-{suffix}.png")
    page.open("?methods=gradcam,layercam,saliency,random,edges", path="/evidence")
    page.says("pictures are taken")
    page.click("Compare methods")
    until(lambda: "What was found" in page.text, "leaderboard", timeout=600)
    page.screenshot(folder / f"evidence-leaderboard-{suffix}.png")


def models(page: Page, folder: Path, suffix: str) -> None:
    """Write the list of runs, one in full, two side by side, and the forms."""
    for name, query, words in (
        ("list", "", "comes with Pellucid"),
        ("run", "?run=portraits_biased", "Predictions (csv)"),
        ("compare", "?view=compare&with=portraits_biased,portraits_fair", "McNemar"),
        ("new", "?view=new&d.bias=0.9", "What will happen"),
        ("bring", "?view=bring", "How do I get a file?"),
    ):
        page.open(query, path="/models")
        page.says(words, timeout=180)
        time.sleep(1)  # charts are drawn after the text
        page.screenshot(folder / f"models-{name}-{suffix}.png")


def robustness(page: Page, folder: Path, suffix: str) -> None:
    """Write the curves of all pictures and of groups, the defences and the certificates."""
    for name, query, words in (
        ("curves", "", "Take it along"),
        ("groups", "?grouped=true", "Take it along"),
        ("defences", "?section=defences", "The same on the command line"),
        ("certificates", "?section=certificates&certified=24", "Repeat it on the command line"),
    ):
        page.open(query, path="/robustness")
        page.says(words, timeout=600)
        time.sleep(1)  # charts are drawn after the text
        page.screenshot(folder / f"robustness-{name}-{suffix}.png")


def main(folder: Path) -> None:
    """Write ``<page>-<width>-<theme>.png`` files."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        server = Server(Path(home))
        try:
            for width, height in WIDTHS.items():
                for mode in ("light", "dark"):
                    with opened(server, width=width, height=height, mode=mode) as page:
                        for name, query in QUERIES.items():
                            page.open(query)
                            until(lambda: shown(page), f"finished page {name}")
                            page.screenshot(folder / f"{name}-{width}-{mode}.png")
                        page.open(path="/reference")
                        page.says("Score-CAM")
                        page.screenshot(folder / f"reference-{width}-{mode}.png")
                        evidence(page, folder, f"{width}-{mode}")
                        models(page, folder, f"{width}-{mode}")
                        robustness(page, folder, f"{width}-{mode}")
        finally:
            server.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
