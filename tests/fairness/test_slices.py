"""Slices: the planted one is found and named, noise is not, and a slice opens anywhere."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import fisher_exact

from core import api
from core.contracts import Slice, SliceReport
from core.errors import InputError
from core.fairness.gaps.fisher import fisher

COLUMNS = ("a", "b", "c", "d")
OPTIONS = {"label": "y", "prediction": "p", "groups": COLUMNS}


def table(seed: int, *, n: int = 6000, planted: bool = True) -> dict[str, np.ndarray]:
    """Errors of 20 %, of 50 % where a = 1 and c = 2."""
    rng = np.random.default_rng(seed)
    columns = {name: rng.integers(0, 4, n) for name in COLUMNS}
    y = rng.integers(0, 2, n)
    bad = planted & (columns["a"] == 1) & (columns["c"] == 2)
    p = np.where(rng.random(n) < np.where(bad, 0.5, 0.2), 1 - y, y)
    return columns | {"y": y, "p": p, "w": np.ones(n)}


@pytest.fixture
def found(write) -> SliceReport:
    return api.slices(write(table(1), "t.parquet"), **OPTIONS)


def test_the_planted_slice_comes_first(found: SliceReport) -> None:
    first = found.findings[0]
    assert first.slice == Slice((("a", "1"), ("c", "2")))
    assert (first.slice.name, first.slice.text) == ("a = 1, c = 2", "a=1&c=2")
    assert (first.verdict, first.within) == ("flag", "")
    data = table(1)
    own = (data["a"] == 1) & (data["c"] == 2)
    right = data["y"] == data["p"]
    assert (first.k, first.of, first.n) == (right[own].sum(), own.sum(), own.sum())
    assert first.value == pytest.approx(right[own].mean())
    assert first.rest == pytest.approx(right[~own].mean())
    assert first.low <= first.difference <= first.high < -0.1


def test_what_a_wider_slice_explains_is_said(found: SliceReport) -> None:
    deeper = [f for f in found.findings if len(f.slice.conditions) == 3 and f.verdict == "flag"]
    inside = [f for f in deeper if {("a", "1"), ("c", "2")} <= set(f.slice.conditions)]
    assert inside
    assert sum(f.within == "a=1&c=2" for f in inside) >= 0.8 * len(inside)
    alone = [f for f in found.findings if f.verdict == "flag" and not f.within]
    assert len(alone) <= 3
    flags = [f.verdict == "flag" for f in found.findings]
    assert flags == sorted(flags, reverse=True)


def test_every_slice_is_counted_in_the_family(found: SliceReport) -> None:
    assert found.n_slices + found.n_small == 4 * 4 + 6 * 16 + 4 * 64
    assert found.family.startswith(f"{found.n_slices} slices of up to 3 conditions. Holm")


def test_depth(write) -> None:
    path = write(table(1), "t.parquet")
    report = api.slices(path, depth=1, **OPTIONS)
    assert report.n_slices == 16
    assert all(len(f.slice.conditions) == 1 for f in report.findings)
    assert len(report.findings) == 16


@pytest.mark.parametrize("adjust", ["holm", "bh"])
def test_noise_is_seldom_flagged(adjust: str, write) -> None:
    flagged = 0
    for seed in range(12):
        path = write(table(seed, n=1500, planted=False), f"{seed}.parquet")
        report = api.slices(path, adjust=adjust, tolerance=0.0, **OPTIONS)
        flagged += any(f.verdict == "flag" for f in report.findings)
    assert flagged <= 3


def test_the_metric_decides_what_is_worse(write) -> None:
    path = write(table(1), "t.parquet")
    by_fnr = api.slices(path, metric="fnr", **OPTIONS).findings[0]
    by_tpr = api.slices(path, metric="tpr", **OPTIONS).findings[0]
    assert by_fnr.slice == by_tpr.slice
    assert by_fnr.difference == pytest.approx(-by_tpr.difference)
    assert by_fnr.difference > 0


def test_weights(write) -> None:
    data = table(1)
    options = OPTIONS | {"weight": "w"}
    plain = api.slices(write(data, "a.parquet"), **OPTIONS)
    weighted = api.slices(write(data | {"w": data["w"] * 2.5}, "b.parquet"), **options)
    for a, b in zip(plain.findings, weighted.findings, strict=True):
        assert a.slice == b.slice
        assert (a.p, a.low, a.value) == pytest.approx((b.p, b.low, b.value))


def test_multiclass(write) -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 3000)
    g = rng.choice(["x", "z"], 3000)
    p = np.where((y == 2) & (g == "x") & (rng.random(3000) < 0.6), 0, y)
    path = write({"y": y, "p": p, "g": g}, "t.parquet")
    options = {"label": "y", "prediction": "p", "groups": ["g"]}
    (worst, _) = api.slices(path, metric="tpr[2]", **options).findings
    assert (worst.slice.text, worst.verdict) == ("g=x", "flag")
    with pytest.raises(InputError, match=r"'tpr\[3\]'"):
        api.slices(path, metric="tpr[3]", **options)


def test_fisher_is_exact() -> None:
    rng = np.random.default_rng(2)
    n, m = rng.integers(1, 400, 60), rng.integers(1, 9000, 60)
    k, j = rng.binomial(n, rng.random(60)), rng.binomial(m, 0.35)
    found = fisher(*(x.astype(float) for x in (k, n, j, m)))
    for i in range(60):
        cells = [[k[i], n[i] - k[i]], [j[i], m[i] - j[i]]]
        tails = [fisher_exact(cells, alternative=side).pvalue for side in ("less", "greater")]
        assert found[i] == pytest.approx(min(1, 2 * min(tails)), rel=1e-6, abs=1e-300)
    large = fisher(*(np.array([x]) for x in (301_500.0, 1e6, 2.99e6, 1e7)))
    exact = min(fisher_exact([[301_500, 698_500], [2_990_000, 7_010_000]], "greater").pvalue * 2, 1)
    assert large[0] == pytest.approx(exact, rel=0.02)


@pytest.mark.parametrize(
    "conditions",
    [(("sex", "f"),), (("age", "[18, 65)"), ("sex", "f & m")), (("a=b", "c;d"), ("é", "×%+ ")), ()],
)
def test_a_slice_survives_an_address(conditions: tuple) -> None:
    chosen = Slice(conditions)
    assert Slice.parse(chosen.text) == chosen
    assert " " not in chosen.text
    assert Slice(tuple(reversed(conditions))) == chosen


def test_members() -> None:
    groups = {"sex": ["f", "m", "f", ""], "age": ["20", "70", "65", "17.5"]}
    for text, rows in (
        ("sex=f", [0, 2]),
        ("sex=f&age=%5B18%2C+65%29", [0]),
        ("age=%E2%89%A5+65", [1, 2]),
        ("age=%3C+18", [3]),
        ("sex=Unknown", [3]),
        ("age=20", [0]),
        ("", [0, 1, 2, 3]),
    ):
        assert api.slice_members(text, groups).tolist() == rows
    with pytest.raises(InputError, match="no attribute 'race'"):
        api.slice_members("race=a", groups)


def test_members_are_the_rows_that_were_counted(write) -> None:
    rng = np.random.default_rng(4)
    data = {
        "age": rng.normal(50, 20, 900).round(2), "sex": rng.choice(["f", "m", ""], 900),
        "y": rng.integers(0, 2, 900), "p": rng.integers(0, 2, 900),
    }  # fmt: skip
    report = api.slices(
        write(data), label="y", prediction="p", groups=["age", "sex"], bins={"age": 4}, min_n=1
    )
    texts = {name: [str(v) for v in data[name]] for name in ("age", "sex")}
    for f in report.findings:
        assert len(api.slice_members(f.slice, texts)) == f.n


@pytest.mark.parametrize(
    ("options", "words"),
    [({"metric": "auc"}, "no rate 'auc'"), ({"depth": 4}, "depth must be from 1 to 3")],
)
def test_bad_input(options: dict, words: str, write) -> None:
    with pytest.raises(InputError, match=words):
        api.slices(write(table(1, n=100)), **OPTIONS, **options)


@pytest.mark.parametrize("name", ["A|x", "a b", "50 %", "[18, 65)", "\u00e4=b"])
def test_messages_show_a_slice_as_people_write_it(name: str, write) -> None:
    rng = np.random.default_rng(0)
    data = {"y": rng.integers(0, 2, 60), "p": rng.integers(0, 2, 60), "g": ["u"] * 60}
    task = {"label": "y", "prediction": "p", "groups": ["g"]}
    wanted = Slice((("g", name),)).text
    with pytest.raises(InputError) as caught:
        api.slices(write(data), only=[wanted], **task)
    assert f"the slice {f'g = {name}'!r}" in str(caught.value)
    with pytest.raises(InputError) as caught:
        api.slices(write(data), only=[f"{wanted}&g={'x'}"], **task)
    assert f"g = {name}" in str(caught.value)
    assert "%5B" not in str(caught.value)
