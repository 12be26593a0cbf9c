"""What the README states in figures and lists is what the code, its models and its table say.

The figures of trained models are held by ``tests/training/test_portraits_models.py`` as well, those
of looks by a slow test of ``tests/fairness/test_looks.py``, the settings by ``test_settings.py``.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from core import api
from core.cli import app
from core.contracts import MeasuredClaim
from core.data.registry import DATASETS
from core.fairness.looks import _FAMILIES
from core.modalities.picture.controls import CONTROLS
from core.modalities.picture.uninformed_maps import FAMILIES
from core.models import zoo
from core.robustness.checks.outcomes import CHECKS
from core.runs import finished_runs, is_shipped
from tests.packaging import ROOT

TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
WORDS = " ".join(TEXT.split())
NUMBERS = {
    "five": 5, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14,
    "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18,
}  # fmt: skip


def table(first_header: str) -> list[list[str]]:
    """Return the cells of the README's table whose first column has that header."""
    found = re.search(rf"^\| {re.escape(first_header)} \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", TEXT, re.M)
    assert found, first_header
    return [[cell.strip() for cell in line[1:-1].split("|")] for line in found[1].splitlines()]


def coded(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def counted(pattern: str) -> set[int]:
    """Return every number that stands where the group of ``pattern`` is."""
    found = re.findall(pattern, WORDS)
    assert found, pattern
    return {NUMBERS.get(word) or int(word) for word in found}


# ---- counts and lists


def test_counts_are_those_of_the_registries() -> None:
    assert counted(r"(\w+) (?:honesty )?checks of the attack") == {len(CHECKS)}
    assert counted(r"Does the map beat (\w+) that know nothing") == {len(CONTROLS)}
    assert counted(r"the (\w+) kinds of such maps") == {len(FAMILIES) + 1}, "and another's map"
    portraits = api.open_dataset("portraits")
    assert f"{len(portraits.part('train')):_}".replace("_", " ") + " drawn portraits" in WORDS


def test_every_method_stands_in_the_table_once() -> None:
    listed = [id for row in table("id") if len(row) == 3 for id in coded(row[0])]
    assert sorted(listed) == sorted(method.id for method in api.methods())


def test_every_model_recipe_and_kind_of_dataset_is_named() -> None:
    section = TEXT.partition("### Models\n")[2].partition("```")[0]
    ours = {spec.id for spec in zoo._SPECS}  # other tests register models of their own
    assert set(coded(section)) == ours
    assert {coded(row[0])[0] for row in table("recipe")} == {r.id for r in api.recipes()}
    kinds = {coded(row[0])[0].split(":")[0].split("[")[0] for row in dataset_rows()}
    assert kinds == set(DATASETS)


def dataset_rows() -> list[list[str]]:
    found = re.search(r"^\| id \| what \|\n\|[-|]+\|\n((?:\|.*\n)+)", TEXT, re.M)
    assert found
    return [line[1:-1].split("|") for line in found[1].splitlines()]


def test_every_page_stands_in_the_table() -> None:
    source = (ROOT / "dashboard" / "app.py").read_text(encoding="utf-8")
    titles = re.findall(r'st\.Page\(.*?title="([^"]+)"', source, re.DOTALL)
    assert sorted(row[0] for row in table("page")) == sorted(titles)


def test_looks_count_the_families_that_the_readme_counts() -> None:
    said = (
        "an audit has two, gaps and single groups; a slice search one; a mitigation is two audits"
    )
    assert said in WORDS
    audit = _FAMILIES["fairness"]
    assert (audit, _FAMILIES["fairness_slices"]) == (2, 1)
    assert _FAMILIES["fairness_mitigation"] == 2 * audit


# ---- models that come along


def test_the_shipped_models_are_as_good_as_said() -> None:
    shipped = {id: run for id, run in finished_runs().items() if is_shipped(id)}
    for id, run in shipped.items():
        assert run.test is not None
        assert run.seeds is not None
        own = f"{run.test.accuracy:.1%}".replace("%", "").removesuffix(".0")
        low, high = (
            f"{100 * share:.1f}" for share in (run.seeds.accuracy.low, run.seeds.accuracy.high)
        )
        assert re.search(
            rf"`{id}` \({own} %(?: right)?; {low} to {high} %(?: over {run.seeds.n} seeds)?", WORDS
        ), (id, own, low, high)
    robust = shipped["portraits_robust"].seeds
    assert robust is not None
    under = robust.facts["robust_accuracy_pgd20"]
    assert f"{100 * under.low:.0f} to {100 * under.high:.0f} % under PGD-20 at 8/255" in WORDS
    assert robust.facts["epsilon"].mean == 8 / 255
    biased = shipped["portraits_biased"].seeds
    assert biased is not None
    tone = next(gap for gap in biased.gaps if gap.attribute == "skin_tone_band")
    assert f"the gap beyond chance in {tone.beyond_chance} of {biased.n}" in WORDS


def test_whom_the_biased_model_fails_is_as_said() -> None:
    run = {id: run for id, run in finished_runs().items() if is_shipped(id)}["portraits_biased"]
    assert run.test is not None
    assert run.seeds is not None
    right = {g.group: 100 * g.correct / g.n for g in run.test.groups}
    light, dark = (next(v for k, v in right.items() if k.startswith(b)) for b in ("light", "dark"))
    assert f"{light:.1f} % right on light skins, {dark:.1f} % right on dark skins" in WORDS
    ends = {
        band: f"{100 * group.accuracy.low:.1f} to {100 * group.accuracy.high:.1f} % on {band} ones"
        for band in ("light", "dark")
        for group in run.seeds.groups
        if group.group.startswith(band)
    }
    assert f"over {run.seeds.n} of them {ends['light']}, {ends['dark']}" in WORDS


def test_what_is_needed_and_drawn_is_as_said() -> None:
    package = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (least,) = re.findall(r'requires-python = ">=(.+)"', package)
    assert f"You need Python {least} or newer" in WORDS
    drawn = {p.name: p.default for p in DATASETS["portraits"].parameters}["n_train"]
    assert f"{drawn:,}".replace(",", " ") + " drawn portraits" in WORDS


# ---- how often verdicts are right


@cache
def rows() -> dict[str, MeasuredClaim]:
    return {row.card.id: row for row in api.calibration_table().rows}


def of(*ids: str) -> str:
    return ", ".join(f"{rows()[id].k} of {rows()[id].n}" for id in ids)


def share(id: str, digits: int = 1) -> str:
    return f"{100 * rows()[id].k / rows()[id].n:.{digits}f}"


def between(id: str, digits: int = 1) -> str:
    row = rows()[id]
    return f"[{100 * row.low:.{digits}f}, {100 * row.high:.{digits}f}"


STATED = {
    "of tables with six gaps": lambda: (
        f"{share('gaps.flag.6')} % {between('gaps.flag.6')}], "
        f"{share('gaps.pass.6')} % {between('gaps.pass.6')}] (claimed: at most 5 %)"
    ),
    "the same where rows have weights": lambda: (
        f"{share('gaps.flag.outcome_weights')} % {between('gaps.flag.outcome_weights')}], "
        f"{share('gaps.pass.outcome_weights')} % {between('gaps.pass.outcome_weights')}]"
    ),
    "a pass hides a group": lambda: of("small.hidden"),
    "the rows said to be needed": lambda: (
        f"{share('needed.0.98.2', 0)} % {between('needed.0.98.2', 0)}]"
    ),
    "the widest gap's interval": lambda: (
        ", ".join(share(f"widest.alike.{n}") for n in (3, 7, 10)) + " %"
    ),
    "a spot in the middle": lambda: of("maps.portraits.centre", "maps.portraits.blurred_edges"),
    "a map that marks the patch": lambda: of("planted.patch.pass", "planted.patch.elsewhere"),
    "models that mask their gradients": lambda: of("masked.marked"),
    "honest models are marked": lambda: f"{of('masked.honest')} {between('masked.honest')} %]",
}


def test_each_figure_of_the_table_is_checked() -> None:
    claims = [row[0] for row in table("claim")]
    assert len(claims) == len(STATED)
    assert all(claim.startswith(begin) for claim, begin in zip(claims, STATED, strict=True))


@pytest.mark.parametrize("begin", STATED)
def test_the_figures_now_are_those_of_the_table_that_comes_along(begin: str) -> None:
    (now,) = (row[2] for row in table("claim") if row[0].startswith(begin))
    assert now == STATED[begin]()


def test_how_many_hold_is_what_the_table_says() -> None:
    states = [row.status for row in rows().values()]
    counts = [states.count(state) for state in ("holds", "not refuted", "broken")]
    assert sum(counts) == len(states)
    assert counts[2] == 0
    said = f"Of its {len(states)} claims {counts[0]} hold, {counts[1]} are not refuted and none is"
    assert said in " ".join(WORDS.split())


def test_the_bounds_claimed_are_the_ones_tested() -> None:
    for id in ("gaps.flag.6", "gaps.pass.6", "small.hidden", "widest.alike.3"):
        assert rows()[id].card.bound == 0.05
    assert rows()["needed.0.98.2"].card.bound == 0.8


def test_what_photographs_gave_is_said_alike_in_both_places() -> None:
    """Measured by ``benchmarks.control_rates``: it takes pictures that do not come along."""
    found = re.search(
        r"On (\d+) photographs that the rule was not made on, the (\d+) kinds of such maps pass "
        r"([\d.]+) % of the time, Grad-CAM (\d+) %, SmoothGrad (\d+) %", WORDS,
    )  # fmt: skip
    assert found
    n, kinds, luck, gradcam, smoothgrad = found.groups()
    page = ROOT / "docs/decisions/0019-the-check-against-controls.md"
    house = " ".join(page.read_text(encoding="utf-8").split())
    assert f"on {n} photographs each of the {kinds} kinds of maps that know nothing" in house
    assert f"all together {luck} %" in house
    assert f"Grad-CAM on {gradcam} % [" in house
    assert f"SmoothGrad on {smoothgrad} % [" in house


# ---- commands


def commands() -> Iterator[Sequence[str]]:
    """Every command of the README's consoles, continued lines joined, comments left out."""
    for block in re.findall(r"```console\n(.*?)```", TEXT, re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line.removeprefix("$ "), comments=True)
            if words[:3] == ["python", "-m", "core"]:
                yield words[3:]
            elif words[:1] == ["pellucid"]:
                yield words[1:]


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_each_command_exists_with_its_options(words: Sequence[str]) -> None:
    known = get_command(app).commands  # type: ignore[attr-defined]
    assert words[0] in known
    options = {
        option
        for parameter in known[words[0]].params
        for option in (*parameter.opts, *parameter.secondary_opts)
    }
    assert {word for word in words if word.startswith("--")} <= options


def test_the_builder_runs_as_printed(
    cat: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (example,) = [
        block
        for block in re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
        if "register_model" in block
    ]
    (tmp_path / "cat.jpg").write_bytes(cat.read_bytes())
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(compile(example, "README.md", "exec"), names)
    assert names["explanation"].map.shape == (96, 96)
