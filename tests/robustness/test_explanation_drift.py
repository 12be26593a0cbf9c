"""One picture under growing ε: what must hold for every attack, and the figures' meaning."""

from __future__ import annotations

import json
import threading
from itertools import pairwise

import numpy as np
import pytest

from core import api
from core.cli import main
from core.contracts import ExplanationDrift
from core.control import LocalControl
from core.errors import Cancelled, InputError
from core.modalities.picture import images
from core.models import zoo
from core.robustness.attacks.registry import ATTACKS
from core.robustness.norms import ball

SAME = {"model": "rob_curved", "geometry": "squash", "method": "saliency"}
QUICK: dict[str, dict[str, object]] = {
    "pgd": {"steps": 5}, "apgd_ce": {"steps": 6}, "apgd_dlr": {"steps": 6, "classes": 2},
    "square": {"queries": 40}, "standard": {"steps": 6, "classes": 2, "queries": 40},
    "fab": {"steps": 5}, "carlini_wagner": {"steps": 20}, "hopskipjump": {"steps": 2},
    "universal": {"steps": 5}, "bim": {"steps": 5}, "patch": {"steps": 5},
}  # fmt: skip


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    return np.random.default_rng(2).integers(70, 186, (16, 16, 3), dtype=np.uint8)


def follow(photo: np.ndarray, **options: object) -> ExplanationDrift:
    attack = str(options.get("attack", "pgd"))
    known = {p.name for p in ATTACKS[attack].parameters} if attack in ATTACKS else set()
    quick = {k: v for k, v in QUICK.get(attack, {}).items() if k in known}
    return api.explanation_drift(photo, attack_parameters=quick, **(SAME | options))


@pytest.mark.parametrize("attack", ATTACKS)
def test_for_every_attack(attack: str, models: None, photo: np.ndarray) -> None:
    """ε = 0 is the picture; every change lies in its ball; more ε never does less."""
    norm = ATTACKS[attack].norms[0]
    eps = [0.02, 0.1] if norm == "area" else ["1/255", "4/255", "16/255"]
    eps = [0.2, 0.8, 3.0] if norm == "l2" else [4, 16, 40] if norm == "l1" else eps
    found = follow(photo, attack=attack, norm=norm, eps=eps)
    first = found.steps[0]
    np.testing.assert_array_equal(np.rint(found.frames[0] * 255), photo)
    assert (first.eps, first.distance) == (0, 0)
    assert [first.spearman, first.ssim, first.overlap] == pytest.approx([1, 1, 1])
    sizes = ball(norm).size(found.frames - found.frames[0])
    for step, size in zip(found.steps, sizes, strict=True):
        assert step.distance == pytest.approx(size)
        assert size <= step.eps + 1e-6
    assert found.frames.min() >= 0
    assert found.frames.max() <= 1
    broken = [step.top[0].index != found.predicted.index for step in found.steps]
    assert broken == sorted(broken)
    odds = [step.predicted_probability for step in found.steps]
    for (a, b), turned in zip(pairwise(odds), np.diff(broken), strict=True):
        assert turned or b <= a + 1e-6
    assert found.flip == (broken.index(True) if any(broken) else None)


def test_the_figures_are_those_of_the_pictures(models: None, photo: np.ndarray) -> None:
    """Probabilities, map and areas at each ε, asked for again one by one."""
    found = follow(photo, eps=["2/255", "8/255"])
    whole = np.rint(found.frames * 255) / 255
    for i, step in enumerate(found.steps):
        pixels = np.rint(found.frames[i] * 255).astype(np.uint8)
        again = api.ranking(api.predict(pixels, model="rob_curved", geometry="squash"), 5)
        ranked = {score.index: score.probability for score in again}
        # Pictures are rounded to 8 bits for this; the curve is steep.
        at = step.top[0]
        assert ranked[at.index] == pytest.approx(at.probability, abs=0.1)
    assert np.abs(whole - found.frames).max() < 0.5 / 255 + 1e-6
    alone = api.explain(photo, target=found.target.index, **SAME)
    np.testing.assert_allclose(found.maps[0], alone.map, atol=1e-6)
    request = api.explanation_request(images.open_picture(photo), target=found.target.index, **SAME)
    card = api.evidence(api.evidence_request(request))
    scores = {score.metric: score.value for score in card.scores}
    assert found.steps[0].deletion == pytest.approx(scores["deletion"], abs=1e-5)
    assert found.steps[0].insertion == pytest.approx(scores["insertion"], abs=1e-5)


def test_a_gradient_attack_goes_on_after_it_has_broken_the_picture(
    models: None, photo: np.ndarray
) -> None:
    found = follow(photo, attack="bim", eps=["8/255", "64/255"])
    assert found.flip is not None
    last = found.steps[-1]
    assert last.predicted_probability < 0.5 * found.steps[found.flip].predicted_probability or (
        last.predicted_probability < 1e-3
    )


def test_on_a_linear_model_the_map_never_moves(models: None, photo: np.ndarray) -> None:
    found = follow(photo, model="rob_linear", eps=["4/255", "32/255"])
    assert [step.spearman for step in found.steps] == pytest.approx([1, 1, 1])
    assert found.steps[2].predicted_probability < found.steps[0].predicted_probability


def test_it_depends_on_the_seed_alone_and_is_kept(models: None, photo: np.ndarray) -> None:
    first, again, other = (follow(photo, eps=["4/255"], seed=seed) for seed in (5, 5, 6))
    assert again.cached
    np.testing.assert_array_equal(first.frames, again.frames)
    assert first.steps == again.steps
    assert first.key != other.key
    assert not np.array_equal(first.frames, other.frames), "PGD starts elsewhere"
    assert "--eps 0.0156862745 " in first.command


def test_magnified_changes_are_grey_where_nothing_is() -> None:
    change = np.zeros((4, 4, 3), np.float32)
    assert api.magnified(change)[1] == 1
    change[0, 0] = 2 / 255
    pixels, factor = api.magnified(change)
    assert factor == 63
    assert pixels[1, 1].tolist() == [128] * 3
    assert pixels[0, 0].tolist() == [254] * 3


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"attack": "pdg"}, "Did you mean 'pgd'"),
        ({"attack": "patch"}, "not defined for the norm linf"),
        ({"eps": ["3"]}, "did you mean 3/255"),
        ({"eps": [f"{i}/255" for i in range(1, 30)]}, "at most 24"),
        ({"against": 1}, "leave the second one out"),
        ({"norm": "l7"}, "Received: 'l7'"),
    ],
)
def test_mistakes_are_named(
    models: None, photo: np.ndarray, options: dict[str, object], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        api.explanation_drift_request(images.open_picture(photo), **(SAME | options))


def test_a_model_without_gradients_gets_attacks_that_need_none(
    models: None, photo: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    bare = replace(zoo.get("rob_curved"), gradients=False)
    monkeypatch.setitem(zoo._registered, "rob_curved", bare)
    free = next(m.id for m in api.methods() if not m.needs_gradients and not m.uses_layer)
    picture = images.open_picture(photo)
    options = SAME | {"method": free}
    assert api.explanation_drift_request(picture, **options).attack == "square"
    with pytest.raises(InputError, match="Attacks that need none"):
        api.explanation_drift_request(picture, attack="pgd", **options)


def test_it_stops_when_asked(models: None, photo: np.ndarray) -> None:
    seen: list[float] = []
    stop = threading.Event()

    def note(fraction: float, message: str) -> None:
        seen.append(fraction)
        if "a map at every" in message:
            stop.set()

    request = api.explanation_drift_request(images.open_picture(photo), seed=77, **SAME)
    with pytest.raises(Cancelled):
        api.answer(request, control=LocalControl(on_progress=note, stop=stop))
    assert seen == sorted(seen)
    assert 0 < seen[-1] < 1


def test_command_line(
    models: None, photo: np.ndarray, tmp_path: object, capfd: pytest.CaptureFixture[str]
) -> None:
    from pathlib import Path

    from PIL import Image

    folder = Path(str(tmp_path))
    Image.fromarray(photo).save(folder / "x.png")
    words = ["attack", str(folder / "x.png"), "--model", "rob_curved", "--geometry", "squash",
             "--method", "saliency", "--eps", "1/255,8/255", "--attack-param", "steps=5",
             "--out", str(folder / "out"), "--json"]  # fmt: skip
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 0
    document = json.loads(capfd.readouterr().out)
    assert [round(step["eps"] * 255, 3) for step in document["steps"]] == [0, 1, 8]
    assert {"spearman", "ssim", "overlap", "deletion"} <= document["steps"][1].keys()
    held = np.load(folder / "out" / "drift.npz")
    assert held["maps"].shape == (3, 16, 16)
    assert all(Path(path).is_file() for files in document["files"] for path in files.values())
