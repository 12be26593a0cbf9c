"""Model cards: the numbers are the evaluation's, the names are inert, what is unknown is said."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from markdown_it import MarkdownIt
from scipy.stats import binomtest

from core import api
from core.cli import _run as cli
from core.compression.compressors import COMPRESSORS
from core.contracts import Epoch, Evaluation, GroupCount, Run
from core.data.evaluate import evaluate_arrays
from core.data.registry import open_dataset
from core.errors import InputError, StoreError
from core.runs import publish
from core.settings import settings
from core.training.card import CARD, model_card, write_card
from core.training.markdown import code_block, escape

DATA = "portraits?bias=0.9&n_train=90&n_validation=30&n_test=120"
EVIL = ("<img src=x>|\n", "[a](http://b) `c`", "_x_ &lt; www.d.e :red[f]")
SECTIONS = ["Model details", "Intended use", "Factors", "Training and evaluation data", "Metrics",
            "Quantitative analyses", "Ethical considerations", "Caveats and recommendations",
            "How to make it again"]  # fmt: skip


def evaluation(n: int = 120) -> Evaluation:
    rng = np.random.default_rng(3)
    labels = rng.integers(0, 3, n)
    probabilities = rng.dirichlet(np.ones(3), n).astype(np.float32)
    probabilities[np.arange(n), labels] += 0.4
    band = np.where(np.arange(n) % 3 == 0, "dark <b>", "light")
    return evaluate_arrays("test", labels, probabilities, {"tone": band.tolist()})


@pytest.fixture(scope="module")
def run() -> Run:
    request = api.train_request(dataset=DATA, epochs=3, parameters={"patience": 2}, seed=4)
    history = tuple(
        Epoch(i, "train", 1 / i, 0.5, loss, 0.6, 1.1, 0.55, 0.1, 2.5, 0.02)
        for i, loss in enumerate((0.9, 0.7004, 0.8), 1)
    )
    return Run(
        key=request.key, model=request.model_id, weights_sha256="ab" * 32,
        device="CPU, 2 threads, TensorFlow", versions={"tensorflow": "2.21.0"}, seconds=61.0,
        origin="run", name=f"ResNet-8, scratch, {DATA}", architecture="resnet8", input_size=64,
        n_parameters=78259, classes=("none", "glasses", "sunglasses"), dataset=DATA,
        data_fingerprint=request.fingerprint, recipe="scratch", base="",
        parameters=request.parameters, seed=4, history=history, best_epoch=2, test=evaluation(),
        notes=("The device ran out of memory; batches were halved to 15.",), created=1e9,
        file="model.safetensors", bytes=7, command=request.command,
    )  # fmt: skip


def tables(card: str) -> dict[str, list[list[str]]]:
    """Rows of the last table under each heading, as a reader sees them."""
    found: dict[str, list[list[str]]] = {}
    heading, rows, cell = "", [], ""
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(card)
    for i, token in enumerate(tokens):
        if token.type == "heading_open":
            heading = shown(tokens[i + 1])
        elif token.type == "table_open":
            rows = found[heading] = []
        elif token.type == "tr_open":
            rows.append([])
        elif token.type in ("td_open", "th_open"):
            cell = shown(tokens[i + 1])
            rows[-1].append(cell)
    return found


def shown(token) -> str:
    return "".join(child.content for child in token.children or ())


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.found.add(tag)


def tags(card: str) -> set[str]:
    parser = Tags()
    parser.feed(MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(card))
    return parser.found


def test_it_has_the_sections_of_a_model_card(run: Run) -> None:
    card = model_card(run)
    assert re.findall(r"^## (.+)$", card, re.MULTILINE) == SECTIONS
    assert card.startswith("# ResNet-8, scratch, portraits?bias=0.9&n_train=90")
    assert run.notes[0] in card
    assert "Not measured: calibration" in card
    limits = open_dataset(DATA)
    assert api.datasets()[0].limits in card
    assert limits.fingerprint in card


def test_numbers_are_those_of_the_evaluation(run: Run) -> None:
    assert run.test is not None
    found = tables(model_card(run))
    assert found["Confusion matrix"] == [
        ["", *run.classes],
        *[[name, *map(str, row)] for name, row in zip(run.classes, run.test.confusion)],
    ]
    for i, (name, right, accuracy, interval) in enumerate(found["Accuracy by class"][1:]):
        k, n = run.test.confusion[i][i], sum(run.test.confusion[i])
        assert (name, right, accuracy) == (run.classes[i], f"{k}/{n}", f"{k / n:.1%}")
        assert interval == wilson(k, n)
    assert found["Accuracy by tone"][1:] == [
        [g.group, f"{g.correct}/{g.n}", f"{g.correct / g.n:.1%}", wilson(g.correct, g.n)]
        for g in run.test.groups
    ]
    rows = {row[0]: row[1:] for row in found["Accuracy and loss"]}
    assert rows["test"][:3] == ["120", f"{run.test.loss:.4f}", f"{run.test.accuracy:.1%}"]
    assert rows["test, balanced"][2] == f"{run.test.balanced_accuracy:.1%}"
    assert rows["validation, epoch 2"] == ["30", "0.7004", "60.0%", wilson(18, 30)]
    assert rows["train, epoch 2"][0] == "90"
    assert [row[0] for row in found["Epochs"][1:]] == ["1", "2", "3"]


def wilson(k: int, n: int) -> str:
    interval = binomtest(k, n).proportion_ci(method="wilson")
    return f"{interval.low:.1%} to {interval.high:.1%}"


def test_the_widest_gap_stands_with_its_interval(run: Run) -> None:
    assert run.test is not None
    counts = (GroupCount("tone", "dark", 100, 40), GroupCount("tone", "light", 100, 90))
    card = model_card(replace(run, test=replace(run.test, groups=counts)))
    assert "**50.0%** between light (90/100) and dark (40/100), 95 % interval [37" in card
    assert "in fewer than 5 % of cases" in card
    same = tuple(replace(count, correct=50 + i) for i, count in enumerate(counts))
    assert "no finding" in model_card(replace(run, test=replace(run.test, groups=same)))
    few = tuple(replace(count, n=5, correct=i) for i, count in enumerate(counts))
    assert "none is stated" in model_card(replace(run, test=replace(run.test, groups=few)))


def test_data_are_described_by_split_class_group_and_knob(run: Run) -> None:
    found = tables(model_card(run))
    data = open_dataset(DATA)
    assert found["Pictures by split and class"][0] == ["class", "train", "validation", "test"]
    assert found["Pictures by split and class"][-1] == ["all classes", "90", "30", "120"]
    dark = sum(group == "dark 7-10" for group in data.part("train").groups["skin_tone_band"])
    row = next(r for r in found["Pictures by skin_tone_band"] if r[0] == "dark 7-10")
    assert row[1] == f"{dark} ({dark / 90:.1%})"
    assert ["bias", "0.9"] in [r[:2] for r in found["Parameters of the data"]]
    assert {r[0]: r[1] for r in found["Parameters"][1:]} == {
        name: str(value) for name, value in run.parameters.items()
    }


def test_the_weights_epoch_is_the_best_one_only_where_training_takes_it_back(run: Run) -> None:
    assert "after epoch 2; the weights are those after epoch 2" in model_card(run)
    kept = replace(run, parameters={**run.parameters, "patience": 0}, best_epoch=3)
    assert "after epoch 2; the weights are those after epoch 3" in model_card(kept)


def test_a_strangers_names_are_inert(run: Run, tmp_path: Path) -> None:
    assert run.test is not None
    groups = tuple(GroupCount(EVIL[0], name, 40 + i, 20) for i, name in enumerate((*EVIL, "dash")))
    evil = replace(
        run, name=EVIL[0], classes=EVIL, test=replace(run.test, groups=groups),
        notes=(EVIL[0], "# no heading"), device=EVIL[1], dataset=f"folder:/nowhere/{EVIL[0]}",
        command=f"python -m core train --dataset {shlex.quote('```' + EVIL[0])}",
        base="nobody|<script>", parameters={"architecture": EVIL[1]}, facts={EVIL[2]: EVIL[0]},
    )  # fmt: skip
    card = model_card(evil)
    allowed = {"h1", "h2", "h3", "p", "table", "thead", "tbody", "tr", "th", "td", "ul", "li",
               "code", "pre", "strong"}  # fmt: skip
    assert tags(card) <= allowed
    found = tables(card)
    for rows in found.values():
        assert len({len(row) for row in rows}) == 1
    seen = [" ".join(name.split()) for name in EVIL]
    assert [row[0] for row in found["Accuracy by class"][1:]] == seen
    assert found["Confusion matrix"][0][1:] == seen
    assert re.findall(r"^## (.+)$", card, re.MULTILINE) == SECTIONS


@pytest.mark.parametrize(
    "text",
    [*EVIL, "a\u202eb\x00", "**b**", "~~s~~", "https://x.y", "me@x.y", "<!-- -->", "&#60;b&#62;",
     "\\", "\\|", "a\\`b`", "$x$", "a_b_c", "__init__"],
)  # fmt: skip
def test_escaped_text_reads_as_it_was_and_marks_nothing_up(text: str) -> None:
    tokens = MarkdownIt("gfm-like", {"html": True, "linkify": False}).parse(f"x {escape(text)} x")
    (_, inline, _) = tokens
    assert {child.type for child in inline.children} <= {"text", "text_special"}
    expected = "".join(c if c.isprintable() else "\ufffd" for c in " ".join(text.split()))
    assert shown(inline) == f"x {expected} x"


def test_code_holds_any_fence() -> None:
    text = "a ``` b\n````\n<b>"
    (token,) = MarkdownIt().parse(code_block(text))
    assert (token.type, token.content) == ("fence", text + "\n")


def test_what_is_not_known_is_said(run: Run, tmp_path: Path) -> None:
    untested = model_card(replace(run, test=None, history=(), best_epoch=0))
    assert "It was not measured on a test split." in untested
    assert "Nothing was measured." in untested
    assert "Not measured: accuracy by group" in untested
    imported = model_card(
        replace(run, origin="imported", dataset="", data_fingerprint="", recipe="", parameters={},
                history=(), best_epoch=0, test=None, command="", notes=())
    )  # fmt: skip
    assert "Unknown here: the weights were brought along." in imported
    assert "random weights" not in imported
    unlabelled = model_card(
        replace(run, origin="compressed", twin="resnet50", dataset="", test=None)
    )
    assert "Its twin's, which its card names" in unlabelled
    gone = model_card(replace(run, dataset="folder:/nowhere/at/all", recipe="of another version"))
    assert "was not at hand, or has changed" in gone
    changed = model_card(replace(run, data_fingerprint="cd" * 32))
    assert "was not at hand, or has changed" in changed
    assert "Pictures by split and class" not in changed


def test_a_smaller_model_names_its_twin_and_figures(run: Run) -> None:
    assert run.test is not None
    dark, light = run.test.groups
    lost = replace(run.test, accuracy=run.test.accuracy - 0.05,
                   groups=(replace(dark, correct=dark.correct - 6), light))  # fmt: skip
    small = model_card(
        replace(run, origin="compressed", format="int8", twin=run.model, recipe="int8", history=(),
                test=lost, twin_test=run.test, facts={"latency_ms": 1.23456, "agrees": True})
    )  # fmt: skip
    assert COMPRESSORS["int8"].limits in small
    found = tables(small)
    assert ["made smaller from", run.model] in found["Model details"]
    assert ["latency_ms", "1.235"] in found["Further figures"]
    assert [row[0] for row in found["Accuracy and loss"][1:]] == ["test", "test, balanced"]
    changes = {row[0]: row[1:] for row in found["Against its float32 twin"]}
    assert changes["all pictures"][2] == "-5.0 points"
    assert changes["tone: dark <b>"] == [
        f"{dark.correct / dark.n:.1%}", f"{(dark.correct - 6) / dark.n:.1%}", "-15.0 points",
    ]  # fmt: skip
    assert changes["tone: light"][2] == "+0.0 points"


def test_many_classes_and_epochs_stay_readable(run: Run) -> None:
    names = tuple(f"class {i}" for i in range(100))
    confusion = tuple(tuple(5 if i == j else int(j == 7) for j in range(100)) for i in range(100))
    many = replace(
        run, classes=names, test=Evaluation("test", 599, 1.0, 0.83, 0.83, confusion),
        history=tuple(replace(run.history[0], epoch=i) for i in range(1, 201)), best_epoch=77,
    )  # fmt: skip
    card = model_card(many)
    found = tables(card)
    assert "Confusion matrix" not in found
    assert found["The 20 commonest confusions"][1] == ["class 0", "class 7", "1"]
    assert len(found["Accuracy by class"]) == 31
    assert "70 smaller ones are left out" in card
    shown_epochs = [int(row[0]) for row in found["Epochs"][1:]]
    assert {1, 77, 200} <= set(shown_epochs)
    assert len(shown_epochs) <= 24


def test_a_full_disk_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / CARD).symlink_to("/dev/full")
    with pytest.raises(StoreError, match="No space left"):
        write_card(tmp_path, run)


def test_the_command_prints_the_card(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.setenv("PELLUCID_HOME", str(tmp_path))
    settings.cache_clear()
    try:
        draft = tmp_path / "runs" / "unfinished" / "draft"
        draft.mkdir(parents=True)
        (draft / run.file).write_bytes(b"weights")
        write_card(draft, run)
        card = (draft / CARD).read_text()
        assert str(tmp_path) not in card
        folder = publish(draft, run)
        assert printed(["card", run.model], capsys) == card
        assert json.loads(printed(["card", run.model, "--json"], capsys)) == {
            "model": run.model, "card": card,
        }  # fmt: skip
        (folder / CARD).unlink()
        assert api.run_card(run.model) == card
        with pytest.raises(InputError, match="no run 'nobody'"):
            api.run_card("nobody")
    finally:
        monkeypatch.undo()
        settings.cache_clear()


def printed(arguments: list[str], capsys) -> str:
    import sys

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "__stdout__", sys.stdout)
        assert cli(arguments) == 0
    return capsys.readouterr().out
