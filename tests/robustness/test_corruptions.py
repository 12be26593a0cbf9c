"""Corruptions: their contract for any size, and that they get worse."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from skimage import data

from core import api
from core.errors import ParameterError, UnknownNameError
from core.robustness.corruptions.registry import CORRUPTIONS, corrupted

SIZES = ((32, 32), (64, 64), (96, 150))


def photograph(height: int, width: int) -> np.ndarray:
    from PIL import Image

    return np.asarray(Image.fromarray(data.astronaut()).resize((width, height)))


@pytest.mark.parametrize("corruption", CORRUPTIONS)
def test_contract(corruption: str) -> None:
    """Any size, uint8, the input left alone, the same for the same seed and picture."""
    for height, width in SIZES:
        x = photograph(height, width)
        before = x.copy()
        out = corrupted(x, corruption, 3, seed=0, id=7)
        assert out.shape == x.shape
        assert out.dtype == np.uint8
        assert (out != x).any()
        np.testing.assert_array_equal(x, before)
        np.testing.assert_array_equal(out, corrupted(x, corruption, 3, seed=0, id=7))


def test_another_name_and_another_severity_are_refused_with_what_there_is() -> None:
    x = photograph(32, 32)
    for name in ("fogg", "", "Fog of war"):
        with pytest.raises(UnknownNameError, match="fog"):
            api.corrupt(x, name, 3)
    for severity in (0, 6, -1, 2.5):
        with pytest.raises(ParameterError, match=rf"among 1 to 5. Received: {severity}"):
            api.corrupt(x, "fog", severity)  # type: ignore[arg-type]


@pytest.mark.parametrize("corruption", CORRUPTIONS)
def test_it_gets_worse_with_severity(corruption: str) -> None:
    """Mean squared difference over several draws: the fifth is worse than the first."""
    x = photograph(160, 160)

    def difference(severity: int) -> float:
        outs = [corrupted(x, corruption, severity, seed=0, id=i).astype(float) for i in range(6)]
        return float(np.mean([(out - x) ** 2 for out in outs]))

    # ImageNet-C's elastic strengths are two scales: large shears, then small waves.
    first = 3 if corruption == "elastic_transform" else 1
    severe = [difference(s) for s in (first, 4, 5)]
    assert severe[2] > severe[0]
    assert severe[1] > 0.7 * severe[0]


def test_the_fifteen_of_imagenet_c_are_there() -> None:
    assert sum(c.standard for c in CORRUPTIONS.values()) == 15
    assert {c.id for c in CORRUPTIONS.values() if not c.standard} == {
        "rotation", "translation", "scale",
    }  # fmt: skip


def test_noise_has_the_strength_it_says() -> None:
    grey = np.full((200, 200, 3), 128, np.uint8)
    out = corrupted(grey, "gaussian_noise", 1, seed=0, id=0)
    assert out.std() / 255 == pytest.approx(0.08, rel=0.02)
    shot = corrupted(grey, "shot_noise", 1, seed=0, id=0)
    assert shot.std() / 255 == pytest.approx(np.sqrt(128 / 255 / 60), rel=0.05)
    impulse = corrupted(grey, "impulse_noise", 5, seed=0, id=0)
    assert (impulse != 128).mean() == pytest.approx(0.27, abs=0.01)


def test_brightness_and_contrast_do_what_they_say() -> None:
    grey = np.full((20, 20, 3), 100, np.uint8)
    assert corrupted(grey, "brightness", 2, seed=0, id=0)[0, 0, 0] == pytest.approx(151, abs=1)
    x = photograph(64, 64)
    flat = corrupted(x, "contrast", 1, seed=0, id=0)
    spread = flat.std(axis=(0, 1))
    np.testing.assert_allclose(spread, 0.4 * x.std(axis=(0, 1)), rtol=0.05)
    np.testing.assert_allclose(flat.mean(axis=(0, 1)), x.mean(axis=(0, 1)), atol=1)


def test_pixelate_leaves_blocks_and_shifts_move_the_middle() -> None:
    x = photograph(64, 64)
    blocks = corrupted(x, "pixelate", 5, seed=0, id=0)
    np.testing.assert_array_equal(blocks[::4, ::4], blocks[3::4, 3::4])
    dot = np.zeros((65, 65, 3), np.uint8)
    dot[32, 42] = 255
    turned = corrupted(dot, "rotation", 5, seed=0, id=0).astype(float).sum(axis=-1)
    row, column = np.unravel_index(turned.argmax(), turned.shape)
    angle = np.degrees(np.arctan2(row - 32, column - 32))
    assert abs(angle) == pytest.approx(40, abs=5)


def test_scores_against_known_values() -> None:
    from core.robustness.corruptions.scores import calibration_error, separation

    assert calibration_error([0.9] * 10, [1] * 6 + [0] * 4) == pytest.approx(0.3)
    assert calibration_error([1.0] * 4, [1] * 4) == 0
    rng = np.random.default_rng(0)
    a, b = rng.normal(1, 1, 400), rng.normal(0, 1, 300)
    auroc, fpr = separation(a, b)
    assert auroc == pytest.approx((a[:, None] > b[None]).mean())
    assert 0.6 < fpr < 0.95


def test_a_split_under_corruptions(toys: None, tmp_path: Path) -> None:
    """On drawn faces with a model of random weights: rows, groups, means, the store."""
    from core import api
    from core.contracts import Corrupted

    names = api.open_dataset("portraits").classes
    file = tmp_path / "classes.txt"
    file.write_text("\n".join(names))
    found = api.corruption_robustness(
        "portraits", model="toy_gap", classes=str(file), limit=24, severities=[1, 5],
        corruptions=["gaussian_noise", "jpeg", "rotation"], by="lighting",
        out_of_distribution="portraits?seed=5",
    )  # fmt: skip
    assert [(r.corruption, r.severity) for r in found.rows] == [
        (c, s) for c in ("gaussian_noise", "jpeg", "rotation") for s in (1, 5)
    ]
    for row in (found.clean, *found.rows):
        assert sum(g.n for g in row.groups) == row.n == 24
        right = sum(g.accuracy * g.n for g in row.groups)
        assert right == pytest.approx(row.accuracy * row.n)
        assert row.low <= row.accuracy <= row.high
    standard = [1 - r.accuracy for r in found.rows if r.corruption != "rotation"]
    assert found.mean_error == pytest.approx(np.mean(standard))
    assert found.relative_error == pytest.approx(np.mean(standard) - 1 + found.clean.accuracy)
    assert {o.score for o in found.out_of_distribution} == {"msp", "energy"}
    again = Corrupted.from_artefact(found.to_artefact())
    assert again.rows == found.rows
    assert found.mce is None, "AlexNet is no reference for faces"
    whole, *groups = found.overall
    assert whole.accuracy == pytest.approx(np.mean([r.accuracy for r in found.rows]))
    assert sum(g.n for g in groups) == whole.n == 24


def test_mean_corruption_errors_against_alexnet() -> None:
    from core.robustness.corruptions.reference import ALEXNET, mean_corruption_error

    assert {c.id for c in CORRUPTIONS.values() if c.standard} == ALEXNET.keys()
    assert mean_corruption_error({id: e / 2 for id, e in ALEXNET.items()}) == pytest.approx(0.5)
    assert mean_corruption_error({"snow": 0.5}) is None


def test_gaps_under_corruption_count_pictures_and_not_their_versions() -> None:
    from core.robustness.corruptions.groups import gaps, mean_of

    rng = np.random.default_rng(0)
    members = {"": np.ones(60, bool)} | {g: np.arange(60) % 2 == i for i, g in enumerate("ab")}
    real = np.where(members["a"], 0.9, 0.3) + rng.normal(0, 0.05, 60)
    even = rng.permutation(np.tile([0.2, 0.8], 30))
    found = {g.corruption: g for g in gaps({"": real, "snow": even}, members, seed=0)}
    assert (found[""].best, found[""].worst) == ("a", "b")
    assert found[""].beyond_chance
    assert found[""].low < found[""].difference < found[""].high
    assert found[""].difference == pytest.approx(0.6, abs=0.05)
    assert not found["snow"].beyond_chance
    few = {g: own & (np.arange(60) < 12) for g, own in members.items()}
    assert gaps({"": real}, few, seed=0) == ()
    half = mean_of("", np.array([0.0, 1.0] * 8))
    assert half.low == pytest.approx(0.5 - 2.1314 * np.sqrt(4 / 15 / 16), abs=1e-4)


def test_what_is_done_is_there_before_all_is(toys: None, tmp_path: Path) -> None:
    """A run that is stopped leaves its matrix, and the next one goes on from there."""
    import threading

    from core import api
    from core.control import LocalControl
    from core.errors import Cancelled

    file = tmp_path / "names.txt"
    file.write_text("\n".join(api.open_dataset("portraits").classes))
    request = api.corruption_request(
        "portraits", model="toy_gap", classes=str(file), limit=12, seed=3, severities=[1, 5],
        corruptions=["pixelate", "contrast"],
    )  # fmt: skip
    assert api.corruptions_so_far(request) is None
    stop = threading.Event()

    def note(fraction: float, message: str) -> None:
        if "Pixelate, severity 5" in message:
            stop.set()

    with pytest.raises(Cancelled):
        api.answer(request, control=LocalControl(on_progress=note, stop=stop))
    partial = api.corruptions_so_far(request)
    assert partial is not None
    assert {row.corruption for row in partial.rows} == {"pixelate"}
    seen: list[str] = []
    whole = api.answer(request, control=LocalControl(on_progress=lambda _, m: seen.append(m)))
    assert whole.rows[:2] == partial.rows
    assert whole.clean == partial.clean


@pytest.mark.parametrize("k", [3, 10])
def test_no_gap_between_groups_that_do_not_differ(k: int) -> None:
    """The interval of the widest of all pairs excludes 0 in at most 5 % (Welch's did in 50)."""
    from core.robustness.corruptions.groups import gaps

    rng = np.random.default_rng(k)
    members = {"": np.ones(60 * k, bool)}
    members |= {f"g{i}": np.arange(60 * k) // 60 == i for i in range(k)}
    found = 0
    for table in range(40):
        chance = rng.beta(1.6, 0.4, 60 * k)  # some pictures withstand everything, some nothing
        shares = {"": rng.binomial(15, chance) / 15}
        (gap,) = gaps(shares, members, seed=table)
        assert gap.low <= gap.difference <= gap.high
        found += gap.low > 0
    assert found / 40 <= 0.05


def test_a_gap_under_corruptions_has_an_interval_that_holds_it() -> None:
    from core.robustness.corruptions.groups import gaps

    rng = np.random.default_rng(0)
    members = {f"g{i}": np.arange(600) // 100 == i for i in range(6)}
    chance = np.where(members["g2"], 0.5, 0.9)
    (gap,) = gaps({"": rng.binomial(5, chance) / 5}, members, seed=0)
    assert gap.worst == "g2"
    assert gap.beyond_chance
    assert 0.25 < gap.low < 0.4 < gap.high < 0.55
