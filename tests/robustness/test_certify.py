"""Certificates of splits and pictures: requests, the store, the curve under the empirical one."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core import api
from core.cli import main
from core.contracts import Certified, ModelRef
from core.control import LocalControl
from core.engine import InlineEngine
from core.errors import Cancelled, InputError, ParameterError
from core.models.runtime import runtime
from core.robustness.attacks.base import Problem
from core.robustness.attacks.registry import ATTACKS
from core.robustness.certificates.votes import radius
from core.robustness.sweep import default_eps_grid, sweep
from core.server.jobs import JobTable
from core.workspace import open_store

QUICK = {"sigma": 0.1, "n0": 20, "n": 100}


@pytest.fixture(scope="module")
def linear_folder(
    problem: Callable[..., Problem], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The pictures of the linear model, labelled as it answers; train and test hold the same."""
    root = tmp_path_factory.mktemp("linear")
    task = problem("rob_linear", "l2")
    rows = ["file_name,label,split,band"]
    for i, (x, label) in enumerate(zip(task.inputs, task.labels, strict=True)):
        for split in ("train", "test"):
            Image.fromarray(np.rint(x * 255).astype(np.uint8)).save(root / f"{split}{i}.png")
            rows.append(f"{split}{i}.png,{label},{split},{'ab'[i % 2]}")
    (root / "metadata.csv").write_text("\n".join(rows))
    (root / "classes.txt").write_text("\n".join(api.class_names("rob_linear")))
    return root


@pytest.fixture(scope="module")
def found(linear_folder: Path) -> Certified:
    return api.certify(
        str(linear_folder), model="rob_linear", parameters=QUICK | {"n": 400}, by="band"
    )


def test_the_certified_curve_lies_under_the_empirical_one(
    found: Certified, problem: Callable[..., Problem]
) -> None:
    """Smoothing leaves a linear boundary where it is, so what is certain cannot be broken.

    Each certificate may be wrong with probability 0.001; PGD is exact on a linear model.
    """
    task = problem("rob_linear", "l2")
    values = {p.name: p.default for p in ATTACKS["pgd"].parameters}
    steps = np.unique([*default_eps_grid("l2", task.inputs[0].size), *found.radii])
    broken = sweep(ATTACKS["pgd"], task, values, steps[steps > 0].tolist(), rounding=False)
    by_id = {f"test{i}.png": d for i, d in enumerate(broken.distances)}
    empirical = np.array([by_id[i] for i in found.ids])
    assert (found.radii < empirical + 1e-6).all()
    for point in found.curves[0].points[1:]:
        assert point.accuracy <= (empirical > point.eps).mean()
    assert found.curves[0].points[1].accuracy > 0.5


def test_the_curve_is_that_of_the_radii(found: Certified) -> None:
    most = radius(400, 400, sigma=0.1, alpha=0.001)
    curve = found.curves[0]
    assert (curve.attack, curve.norm) == ("smoothing", "l2")
    assert [p.eps for p in curve.points] == pytest.approx(
        [0.025 * i for i in range(len(curve.points))]
    )
    assert curve.points[-1].accuracy == 0
    right = found.answers == found.labels
    assert found.radii.max() <= most + 1e-12
    assert (found.radii[found.answers < 0] == 0).all()
    assert found.abstained == (found.answers < 0).mean()
    for p in curve.points[1:]:
        assert p.accuracy == (right & (found.radii > p.eps + 1e-6)).mean()
    assert curve.points[0].accuracy == right.mean()
    assert found.average_radius == pytest.approx((found.radii * right).mean())
    assert {c.group for c in found.curves} == {"", "a", "b"}
    assert found.clean_accuracy == 1


def test_a_vote_that_answers_alike_to_everything_leans(found: Certified) -> None:
    labels = np.array([0, 1] * 20, np.int64)
    answers = np.array([0] * 38 + [-1, -1], np.int64)
    leans = api.class_bias(replace(found, answers=answers, labels=labels))
    assert leans is not None
    assert (leans.label, leans.answers, leans.true, leans.certified) == (
        found.classes[0],
        38,
        19,
        38,
    )
    assert leans.p == pytest.approx(2 * 0.5**19), "19 wrongly, none missed"
    assert api.class_bias(replace(found, answers=labels, labels=labels)) is None
    assert api.class_bias(replace(found, answers=np.full(40, -1), labels=labels)) is None


def test_one_mistake_of_eight_is_no_leaning(found: Certified) -> None:
    labels = np.zeros(8, np.int64)
    assert (
        api.class_bias(replace(found, answers=np.eye(8, dtype=np.int64)[0], labels=labels)) is None
    )


def test_mistakes_to_either_side_seldom_lean(found: Certified) -> None:
    rng = np.random.default_rng(0)
    told = 0
    for _ in range(300):
        labels = rng.integers(0, 2, 60)
        answers = np.where(rng.random(60) < 0.3, 1 - labels, labels)
        told += api.class_bias(replace(found, answers=answers, labels=labels)) is not None
    assert told <= 0.074 * 300


def test_certificates_survive_the_store_and_do_not_depend_on_their_batch(
    found: Certified, linear_folder: Path
) -> None:
    again = Certified.from_artefact(found.to_artefact())
    assert again.curves == found.curves
    np.testing.assert_array_equal(again.radii, found.radii)
    few = api.certify(
        str(linear_folder), model="rob_linear", parameters=QUICK | {"n": 400}, slice="band=a",
        limit=3,
    )  # fmt: skip
    own = dict(zip(found.ids, found.radii, strict=True))
    assert [own[i] for i in few.ids] == pytest.approx(few.radii)
    assert few.slice == "band=a"


def test_interval_bounds_are_exact_on_a_linear_model(
    linear_folder: Path, problem: Callable[..., Problem]
) -> None:
    """So the certified curve is the exact one, and lies under the empirical one of FGSM."""
    task = problem("rob_linear", "linf")
    rows = np.arange(len(task))
    signs = np.zeros((len(task), 2), np.float32)
    signs[rows, task.labels], signs[rows, 1 - task.labels] = 1, -1
    logits, gradient = task.passes.gradient(task.inputs, signs)
    lead = np.einsum("nc,nc->n", logits.astype(np.float64), signs)
    exact = (lead - 1e-3) / np.abs(gradient.reshape(len(task), -1)).sum(axis=1, dtype=np.float64)
    found = api.certify(str(linear_folder), model="rob_linear", method="ibp")
    by_id = {f"test{i}.png": d for i, d in enumerate(exact)}
    own = np.array([by_id[i] for i in found.ids])
    near = own < 60 / 255  # farther ones meet black or white, where the true distance is larger
    assert near.sum() >= 8
    assert (found.radii >= own - 2**-13)[near].all()
    assert (found.radii <= own + 1e-6)[near].all()
    assert (found.norm, found.abstained, found.curves[0].points[0].accuracy) == ("linf", 0, 1)
    fgsm = api.robustness(
        str(linear_folder), model="rob_linear", attacks=["fgsm"], checks=False, rounding=False
    )
    pairs = zip(found.curves[0].points, fgsm.worst_case[0].points, strict=False)
    for certain, standing in pairs:
        assert certain.eps == standing.eps
        assert certain.accuracy <= standing.accuracy


def test_a_stopped_run_keeps_what_is_done_and_goes_on(linear_folder: Path) -> None:
    stop = threading.Event()
    request = api.certify_request(
        str(linear_folder), model="rob_linear", parameters=QUICK | {"sigma": 0.2}
    )
    assert api.certified_so_far(request) is None
    seen: list[float] = []

    def watch(fraction: float, _: str) -> None:
        seen.append(fraction)
        if fraction > 0.5:
            stop.set()

    with pytest.raises(Cancelled):
        api.answer(request, control=LocalControl(on_progress=watch, stop=stop))
    partial = api.certified_so_far(request)
    assert partial is not None
    assert partial.n == 8 < partial.asked == 24
    assert seen == sorted(seen)
    assert len(seen) > 4  # not only when a chunk is done
    whole = api.answer(request)
    assert whole.n == 24
    np.testing.assert_array_equal(whole.radii[:8], partial.radii)
    assert api.answer(request).cached


def test_it_is_a_job_like_any_other(linear_folder: Path) -> None:
    """Two sessions wait for one job of the batch lane; what is stored is done at once."""
    store = open_store()
    table = JobTable(InlineEngine(store), store)
    request = api.certify_request(
        str(linear_folder), model="rob_linear", parameters=QUICK | {"sigma": 0.15}, limit=10
    )
    first, second = (table.submit(request, owner) for owner in ("one", "other"))
    assert first.key == second.key == request.key
    assert first.lane == "batch"
    done = table.wait(request.key, timeout=60)
    assert done.state == "done"
    assert done.fraction == 1
    assert JobTable(InlineEngine(store), store).submit(request, "third").state == "done"


def test_one_picture(pictures: np.ndarray, models: None, tmp_path: Path) -> None:
    file = tmp_path / "x.png"
    Image.fromarray(np.rint(pictures[1] * 255).astype(np.uint8)).save(file)
    request = api.certify_picture_request(
        api.open_picture(file), model="rob_linear", parameters=QUICK, geometry="squash"
    )
    one = api.certify_picture(request)
    assert one.seen.name == "x.png"
    assert one.facts["n"] == 100
    assert one.answer is None or one.answer.index == one.predicted.index
    expected = radius(int(one.facts["hits"]), 100, sigma=0.1, alpha=0.001)
    assert one.radius == pytest.approx(expected if one.answer else 0)
    assert api.certify_picture(request).cached
    assert one.command.startswith("python -m core certify x.png --model rob_linear --method smooth")


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"method": "smoothin"}, InputError, "Did you mean 'smoothing'"),
        ({"parameters": {"sigma": 64}}, ParameterError, "sigma must be a number from 0.01 to 2"),
        ({"parameters": {"eps": 1}}, ParameterError, "eps"),
        ({"radii": "-1"}, ParameterError, "negative"),
        ({"method": "ibp", "parameters": {"sigma": 0.1}}, ParameterError, "sigma"),
        ({"slice": "band=c"}, InputError, "No picture of the test split"),
        ({"model": "efficientnet_lite0"}, InputError, "not all of them are among the 1000"),
    ],
)
def test_bad_input_is_told(
    linear_folder: Path, options: dict[str, object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        api.certify_request(str(linear_folder), **({"model": "rob_linear"} | options))  # type: ignore[arg-type]


def test_too_few_copies_are_told(linear_folder: Path) -> None:
    with pytest.raises(InputError, match="certify nothing at alpha=1e-06"):
        api.certify(str(linear_folder), model="rob_linear", parameters={"n": 10, "alpha": 1e-6})


def test_the_command_line(
    linear_folder: Path, cat: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    words = ["certify", "--model", "rob_linear", "--dataset", str(linear_folder), "--sigma", ".1",
             "--n0", "10", "--n", "50", "--alpha", ".01", "--limit", "4",
             "--radii", "0.05,0.1"]  # fmt: skip
    with pytest.raises(SystemExit) as ended:
        main([*words, "--json"])
    assert ended.value.code == 0
    document = json.loads(capfd.readouterr().out)
    assert document["n"] == 4
    assert document["parameters"] == {"sigma": 0.1, "n0": 10, "n": 50, "alpha": 0.01}
    points = document["curves"][0]["points"]
    assert [p["radius"] for p in points] == [0, 0.05, 0.1]
    for mistake, told in (
        (["certify"], "name a picture or a --dataset"),
        (["certify", str(cat), "--limit", "3"], "--limit goes with --dataset alone"),
        (["certify", str(cat), "--dataset", "portraits"], "not both"),
    ):
        with pytest.raises(SystemExit) as ended:
            main(mistake)
        assert ended.value.code == 2
        assert told in capfd.readouterr().err


def test_one_picture_in_words(
    pictures: np.ndarray, models: None, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def said(pixels: np.ndarray, *words: str) -> str:
        file = tmp_path / "x.png"
        Image.fromarray(np.rint(pixels * 255).astype(np.uint8)).save(file)
        with pytest.raises(SystemExit) as ended:
            main(["certify", str(file), "--model", "rob_linear", "--geometry", "squash", *words])
        assert ended.value.code == 0
        return capfd.readouterr().out

    assert said(pictures[0], "--method", "ibp").startswith("class 0, whatever is changed by less")
    # Between a picture of each class lies one on the boundary, where nothing is certain.
    model = runtime(ModelRef("rob_linear"))
    lead = np.diff(model.logits(pictures), axis=1)[:, 0]
    low, high = pictures[lead.argmin()], pictures[lead.argmax()]
    share = lead.min() / (lead.min() - lead.max())
    between = low + share * (high - low)
    assert "smoothing abstains" in said(between, "--n0", "10", "--n", "40")


def test_cards_say_whose_answers_are_certified() -> None:
    cards = {card.id: card for card in api.certifiers()}
    assert "smoothed model" in cards["smoothing"].limits
    assert "the model itself" in cards["ibp"].summary
    assert [(c.norm, c.needs_network) for c in cards.values()] == [("l2", False), ("linf", True)]
