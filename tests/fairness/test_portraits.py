"""The models that come along, audited as the page and the command line audit them."""

from __future__ import annotations

import pytest

from core import api
from core.contracts import FairnessReport, Gap


@pytest.fixture(scope="module")
def audits() -> dict[str, FairnessReport]:
    """Each model on all test pictures of its own data, by tone of skin."""
    data = {"portraits_fair": "portraits", "portraits_biased": "portraits?bias=0.9"}
    return {
        model: api.fairness(dataset=dataset, model=model, groups=["skin_tone_band"])
        for model, dataset in data.items()
    }


def by_tone(report: FairnessReport) -> list[Gap]:
    assert report.n == 1500
    assert len(report.gaps) >= 5
    return [gap for gap in report.gaps if gap.attribute == "skin_tone_band"]


def test_the_biased_model_is_flagged_on_skin_tone(audits: dict[str, FairnessReport]) -> None:
    report = audits["portraits_biased"]
    gap = report.gap("skin_tone_band", "accuracy")
    assert (gap.verdict, gap.lowest) == ("flag", "dark 7-10")
    assert gap.low > report.rules.tolerance
    assert gap.p_adjusted < 0.01
    assert "flag" in {g.verdict for g in by_tone(report) if g.metric.startswith("tpr")}


def test_the_fair_model_is_not(audits: dict[str, FairnessReport]) -> None:
    """Not for want of data: its accuracy is shown to lie within the tolerance."""
    report = audits["portraits_fair"]
    assert "flag" not in {gap.verdict for gap in by_tone(report)}
    gap = report.gap("skin_tone_band", "accuracy")
    assert gap.verdict == "pass"
    assert gap.high < report.rules.tolerance
    assert set(gap.groups) == {"light 1-3", "medium 4-6", "dark 7-10"}
