"""Requests, curves, checks and the command line, over a folder of small pictures."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core import api
from core.contracts import Robustness
from core.control import LocalControl
from core.errors import Cancelled, CapabilityError, InputError, ParameterError
from core.proportions import wilson
from core.robustness.attacked_sample import refuse_probabilities
from core.robustness.checks.contract import CHECKS_VERSION
from core.robustness.checks.outcomes import CHECKS
from core.robustness.cli import _report
from core.robustness.curves import curve, evaluated_eps, of_groups
from core.robustness.sample import drawn_rows

QUICK = {"pgd": {"steps": 10, "relative_step": 0.25}}


def names() -> tuple[str, ...]:
    return api.class_names("rob_curved")


def reference(folder: Path) -> str:
    return f"folder:{folder}"


@pytest.fixture(scope="module")
def found(folder: Path) -> Robustness:
    return api.robustness(
        reference(folder), model="rob_curved", split="train",
        attacks=["fgsm", "pgd", "apgd_dlr", "uniform_noise"], eps="0.5/255,1/255,2/255,8/255",
        parameters={"pgd": QUICK["pgd"], "apgd_dlr": {"steps": 40}}, by="band",
    )  # fmt: skip


def test_curves_start_clean_and_fall(found: Robustness) -> None:
    for c in (*found.curves, *found.worst_case):
        accuracies = [p.accuracy for p in c.points]
        assert c.points[0].eps == 0
        assert accuracies == sorted(accuracies, reverse=True)
        for p in c.points:
            assert (p.low, p.high) == wilson(round(p.accuracy * p.n), p.n)
            assert p.rounded is not None
            assert p.rounded >= p.accuracy
        assert 0 <= c.area <= 1
    whole = [c for c in found.curves if not c.group]
    assert [c.attack for c in whole] == ["fgsm", "pgd", "apgd_dlr", "uniform_noise"]
    assert {c.points[0].accuracy for c in whole} == {found.clean_accuracy}
    assert 0.8 < found.clean_accuracy < 1  # every tenth label is wrong
    assert whole[1].points[-1].accuracy == 0


def test_the_worst_case_is_the_envelope_over_attacks(found: Robustness) -> None:
    worst = next(c for c in found.worst_case if not c.group)
    for i, point in enumerate(worst.points):
        attacks = [c.points[i].accuracy for c in found.curves if not (c.group or c.control)]
        assert point.accuracy <= min(attacks)
    nearest = found.distances[:3].min(axis=0)
    for point in worst.points[1:]:
        assert point.accuracy == pytest.approx((nearest > point.eps + 1e-6).mean())


def test_groups_make_up_the_whole(found: Robustness) -> None:
    worst = {c.group: c for c in found.worst_case}
    assert set(worst) == {"", "dark", "light"}
    for i, point in enumerate(worst[""].points):
        parts = [worst[name].points[i] for name in ("dark", "light")]
        assert point.n == sum(p.n for p in parts)
        assert point.accuracy == pytest.approx(sum(p.accuracy * p.n for p in parts) / point.n)
    assert all(g.attribute == "band" and g.best != g.worst for g in found.gaps)


def test_the_result_survives_the_store(found: Robustness) -> None:
    again = Robustness.from_artefact(found.to_artefact())
    assert again.curves == found.curves
    assert again.checks == found.checks
    np.testing.assert_array_equal(again.distances, found.distances)
    shown = again.examples[0]
    assert shown.answer != shown.label
    size = np.abs(shown.adversarial - shown.original / 255).max()
    assert size == pytest.approx(shown.distance, abs=1e-6)


def test_an_honest_model_passes_every_check(found: Robustness) -> None:
    assert [c.id for c in found.checks] == [q.id for q in CHECKS]
    assert {c.id: c.detail for c in found.checks if c.passed is not True} == {}
    assert found.trustworthy
    n = len(CHECKS)
    assert found.verdict == f"✓ The curve can be believed: all {n} checks of the attacks passed."
    transfer = next(c for c in found.checks if c.id == "transfer")
    assert "No other model" in transfer.detail
    assert "estimated" in transfer.detail


def test_a_check_that_could_not_be_made_counts_against_trust(found: Robustness) -> None:
    """Until 0.4.0: "The curve can be believed." with any number of checks left out."""
    first, *others = found.checks
    open_ = replace(found, checks=(replace(first, passed=None), *others))
    assert open_.trust == "not shown"
    assert not open_.trustworthy
    n = len(CHECKS)
    told = f"△ Not shown to be trustworthy: 1 of {n} checks could not be made ({first.name}); "
    assert open_.verdict == told + "the others passed."
    both = replace(open_, checks=(*open_.checks[:-1], replace(others[-1], passed=False)))
    assert both.verdict == (
        f"✗ Do not trust this curve: 1 of {n} checks failed ({others[-1].name}); 1 of {n} checks "
        f"could not be made ({first.name})."
    )
    none = replace(found, checks=())
    assert (none.trust, none.trustworthy) == ("unchecked", False)
    for each in (found, open_, both, none):
        document = api.robustness_document(each)
        assert document["verdict"] == each.verdict
        assert document["trust"] == each.trust
        assert list(_report(each))[-1] == each.verdict, "the command line says the same"


def test_results_with_older_checks_are_not_reused(folder: Path) -> None:
    """Their key holds the version of the checks; without checks it stays what it was."""
    options = {"model": "rob_curved", "split": "train", "attacks": ["fgsm"], "eps": "1/255"}
    asked = api.robustness_request(reference(folder), **options)  # type: ignore[arg-type]
    assert asked.parts()["checks"] == CHECKS_VERSION
    bare = api.robustness_request(reference(folder), **options, checks=False)  # type: ignore[arg-type]
    assert bare.parts()["checks"] is False
    assert bare.chunk_key("fgsm", 0) == asked.chunk_key("fgsm", 0), "attacks are not run again"


def test_stopped_gradients_raise_the_flags(folder: Path) -> None:
    """The same model, its gradients cut off: white-box attacks see nothing."""
    masked = api.robustness(
        reference(folder), model="rob_stopped", split="train", limit=24, attacks=["pgd"],
        parameters={"pgd": QUICK["pgd"]}, eps="8/255", surrogate="rob_curved",
    )  # fmt: skip
    failed = {c.id for c in masked.checks if c.passed is False}
    assert {"gradient", "slopes", "straight", "unbounded", "transfer"} <= failed
    assert not masked.trustworthy
    # The attack alone would have called this robust.
    assert masked.worst_case[0].points[-1].accuracy > 0.7


def test_the_automatic_grid_ends_where_nothing_is_left(folder: Path) -> None:
    auto = api.robustness(
        str(folder), model="rob_curved", split="train", limit=16, attacks=["pgd"],
        parameters={"pgd": QUICK["pgd"]}, checks=False, rounding=False,
    )  # fmt: skip
    points = auto.worst_case[0].points
    assert points[1].eps == pytest.approx(0.25 / 255)
    assert points[-1].accuracy == 0
    assert points[-2].accuracy > 0
    assert points[-1].rounded is None


def test_a_stopped_run_keeps_what_is_done_and_goes_on(folder: Path) -> None:
    stop = threading.Event()
    options = {
        "model": "rob_curved", "split": "train", "attacks": ["pgd", "fgsm"], "checks": False,
        "parameters": {"pgd": {"steps": 7}}, "eps": "8/255",
    }  # fmt: skip
    request = api.robustness_request(reference(folder), **options)  # type: ignore[arg-type]
    assert api.robustness_so_far(request) is None
    seen: list[float] = []

    def watch(fraction: float, _: str) -> None:
        seen.append(fraction)
        if fraction >= 0.5:
            stop.set()

    with pytest.raises(Cancelled):
        api.answer(request, control=LocalControl(on_progress=watch, stop=stop))
    partial = api.robustness_so_far(request)
    assert partial is not None
    assert 0 < partial.n < partial.asked == request.limit
    seen.clear()
    whole = api.answer(request, control=LocalControl(on_progress=lambda f, _: seen.append(f)))
    assert whole.n == whole.asked
    np.testing.assert_array_equal(whole.distances[:, : partial.n], partial.distances)
    assert api.answer(request).cached


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"eps": "3.0"}, ParameterError, "did you mean 3/255?"),
        ({"eps": [-0.1]}, ParameterError, "negative"),
        ({"eps": "x"}, ParameterError, "fraction such as 8/255"),
        ({"eps": "0"}, ParameterError, "larger than 0"),
        ({"norm": "l9"}, InputError, "linf, l2"),
        ({"norm": "l1", "attacks": ["fgsm"]}, InputError, "not defined for the norm l1"),
        ({"attacks": ["pdg"]}, InputError, "Did you mean 'pgd'"),
        ({"attacks": ["pgd"], "parameters": {"fgsm": {}}}, InputError, "not among the attacks"),
        ({"by": "tone"}, InputError, "class, band"),
        ({"model": "rob_linear"}, InputError, "not all of them are among the 2"),
    ],
)
def test_bad_input_is_told(
    folder: Path, options: dict[str, object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words.replace("?", r"\?")):
        api.robustness_request(
            reference(folder), **({"model": "rob_curved", "split": "train"} | options)
        )  # type: ignore[arg-type]


def test_a_model_that_has_nothing_right_is_told(folder: Path, tmp_path: Path) -> None:
    rows = (folder / "metadata.csv").read_text().splitlines()
    answer = {str(i): str((i + 1) % 5) for i in range(5)}
    kept = [r.split(",") for i, r in enumerate(rows[1:]) if i % 10]
    for name, _, _ in kept:
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    lines = [f"{n},{answer[label]},{b}" for n, label, b in kept]
    (tmp_path / "metadata.csv").write_text("\n".join([rows[0], *lines]))
    (tmp_path / "classes.txt").write_text("\n".join(names()))
    with pytest.raises(InputError, match="none of these"):
        api.robustness(
            str(tmp_path), model="rob_curved", split="train", attacks=["fgsm"], eps="0.1"
        )


def test_probabilities_are_refused() -> None:
    logits = np.random.default_rng(0).normal(size=(6, 4))
    odds = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    refuse_probabilities(logits, "m")
    with pytest.raises(CapabilityError, match="probabilities"):
        refuse_probabilities(odds, "m")


def test_a_limited_sample_holds_every_group() -> None:
    """A regular step would meet one group alone where groups repeat."""
    groups = np.arange(1500) % 10
    assert len(set(groups[drawn_rows(1500, 150, seed=0)])) == 10
    assert sorted(drawn_rows(40, 40, seed=1)) == list(range(40))


def test_area_and_median_are_those_of_the_distances() -> None:
    distances = np.array([0, 0.1, 0.3, np.inf])
    found = curve("pgd", distances, None, (0.0, 0.2, 0.4), norm="linf")
    assert [p.accuracy for p in found.points] == [0.75, 0.5, 0.25]
    assert found.area == pytest.approx((0 + 0.1 + 0.3 + 0.4) / 4 / 0.4)
    assert found.median_distance == pytest.approx(0.3)
    assert found.mean_distance == pytest.approx(0.2)
    assert evaluated_eps((), (0.05, 0.2, 0.5, 1.0), np.array([0.1, 0.3])) == (0.0, 0.05, 0.2, 0.5)
    assert list(of_groups(["b", "a", "b"])) == ["", "a", "b"]


def test_a_slice_is_attacked_as_if_it_were_the_split(found: Robustness, folder: Path) -> None:
    dark = api.robustness(
        reference(folder), model="rob_curved", split="train", attacks=["pgd"], slice="band=dark",
        parameters={"pgd": QUICK["pgd"]}, eps="0.5/255,1/255,2/255,8/255", checks=False,
    )  # fmt: skip
    inside = [i for i, group in enumerate(found.groups) if group == "dark"]
    assert dark.n == dark.asked == len(inside)
    assert dark.slice == "band=dark"
    assert set(dark.ids) == {found.ids[i] for i in inside}
    # Pictures do not depend on their batch-mates, so each one's distance is the same.
    own = dict(zip(dark.ids, dark.distances[0], strict=True))
    for i in inside:
        assert own[found.ids[i]] == pytest.approx(found.distances[1][i], abs=2e-3)
    request = api.robustness_request(
        reference(folder), model="rob_curved", split="train", slice="band=dark"
    )
    assert "--slice band=dark" in request.command
    whole = api.robustness_request(reference(folder), model="rob_curved", split="train")
    assert request.key != whole.key


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("&", ParameterError, "attribute=value"),
        ("dark", InputError, "no attribute 'dark'"),
        ("tone=dark", InputError, "no attribute 'tone'"),
        ("band=grey", InputError, "No picture of the train split"),
    ],
)
def test_a_slice_that_is_none_is_told(
    folder: Path, text: str, error: type[Exception], words: str
) -> None:
    for make in (api.robustness_request, api.corruption_request):
        with pytest.raises(error, match=words):
            make(reference(folder), model="rob_curved", split="train", slice=text)
