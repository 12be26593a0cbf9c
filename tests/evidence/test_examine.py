"""The evidence card: what it costs, what it says of maps whose truth is known, and its request."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest

from core import api
from core.contracts import CONTROL_FAMILIES, EvidenceCard, EvidenceRequest, Score
from core.control import LocalControl
from core.errors import Cancelled, InputError, UnknownNameError
from core.evidence.checks import checks, stability
from core.evidence.curves import MODES
from core.evidence.evidence_card import budget
from core.evidence.registry import METRICS, QUICK
from core.evidence.thresholds import QUICK_PASSES, STABILITY_SPEARMAN
from core.modalities.picture.controls import CONTROLS
from core.modalities.picture.modality import PICTURE
from core.saliency.registry import METHODS
from tests.commands import answer
from tests.conftest import toy_of
from tests.evidence.evaluated_maps import SIDE, Linear, evaluated, weights


def request(method: str = "gradcam", model: str = "toy_gap", **given: object) -> EvidenceRequest:
    pixels = np.random.default_rng(5).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    explain = api.explanation_request(
        api.open_picture(pixels), model=model, method=method, geometry="squash"
    )
    return api.evidence_request(explain, **given)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def card(toys: None) -> EvidenceCard:
    return api.evidence(request())


class TestCard:
    def test_it_has_all_that_was_asked_for(self, card: EvidenceCard) -> None:
        asked = request().metrics
        assert tuple(score.metric for score in card.scores) == asked
        assert {(c.metric, c.source) for c in card.curves} == {
            (mode, source) for mode in MODES for source in ("map", *CONTROL_FAMILIES)
        }
        assert [check.id for check in card.checks] == ["beats_controls", "stability"]
        assert all(check.words and check.protocol for check in card.checks)

    def test_scores_are_the_areas_of_the_curves(self, card: EvidenceCard) -> None:
        areas = {c.metric: c.auc for c in card.curves if c.source == "map"}
        for mode in MODES:
            assert next(s.value for s in card.scores if s.metric == mode) == areas[mode]

    def test_a_family_of_several_controls_has_a_band(self, card: EvidenceCard) -> None:
        sizes = {f: sum(c.family == f for c in CONTROLS) for f in CONTROL_FAMILIES}
        assert sum(sizes.values()) == len(CONTROLS)
        for curve in card.curves:
            if sizes.get(curve.source, 1) > 1:
                assert (curve.low <= curve.scores).all()
                assert (curve.scores <= curve.high).all()
            else:
                assert curve.low is None

    def test_it_survives_the_store(self, card: EvidenceCard) -> None:
        again = EvidenceCard.from_artefact(card.to_artefact())
        assert again.scores == card.scores
        assert again.checks == card.checks
        np.testing.assert_array_equal(again.curves[1].low, card.curves[1].low)

    def test_the_second_answer_comes_from_the_store(self, card: EvidenceCard) -> None:
        stored = api.evidence(request())
        assert stored.cached
        assert stored.scores == card.scores

    def test_it_names_its_map(self, card: EvidenceCard) -> None:
        assert card.explanation == request().explain.key
        assert card.method == "gradcam"
        assert "evaluate" in card.command
        assert "--metrics deletion,insertion" in card.command

    def test_a_mask_adds_localisation(self, toys: None) -> None:
        mask = np.zeros((16, 16), np.uint8)
        mask[2:9, 3:11] = 255
        measured = {s.metric: s.value for s in api.evidence(request(mask=mask)).scores}
        assert {"pointing_game", "relevance_mass", "relevance_rank"} <= measured.keys()
        assert 0 <= measured["relevance_mass"] <= 1


class TestBudget:
    @pytest.mark.parametrize("method", sorted(METHODS))
    def test_the_quick_set_keeps_it(self, method: str, toys: None) -> None:
        if METHODS[method].needs_gradients and METHODS[method].slow:
            pytest.skip("its map alone takes long")
        asked = request(method, toy_of(METHODS[method].needs))
        card = api.evidence(asked)
        assert budget(asked.metrics, PICTURE.preset(asked.preset)) == QUICK_PASSES
        assert 0 < card.passes <= QUICK_PASSES

    def test_the_count_is_right(self, card: EvidenceCard) -> None:
        """Curves of controls and map with their ends, one through the map, 4 maps again."""
        ends, gradcam = 3, 3
        curves = len(CONTROLS) * 2 * 9 + ends + 2 * 9 + ends
        assert card.passes == curves + 1 + 4 * gradcam

    def test_it_does_not_depend_on_what_is_stored(self, toys: None) -> None:
        """The controls of a picture are measured once for all its maps, and charged to each."""
        first, again = (api.evidence(request("layercam", seed=7, metrics=list(m))) for m in (
            ("deletion", "insertion"), ("insertion", "deletion", "sparseness"),
        ))  # fmt: skip
        assert first.passes == again.passes
        controls = [c for c in first.curves if c.source != "map"]
        for curve in controls:
            same = next(
                c for c in again.curves if (c.metric, c.source) == (curve.metric, curve.source)
            )
            np.testing.assert_array_equal(curve.scores, same.scores)

    def test_what_does_not_fit_is_told(self, toys: None) -> None:
        card = api.evidence(request("integrated_gradients"))
        stable = next(s for s in card.scores if s.metric == "input_stability")
        assert stable.value is None
        assert f"more than what was left of {QUICK_PASSES:.0f}" in stable.reason
        assert next(c for c in card.checks if c.id == "stability").verdict == "unknown"

    def test_asked_for_by_itself_it_is_measured(self, toys: None) -> None:
        card = api.evidence(
            request("integrated_gradients", metrics=["input_stability", "mufidelity"])
        )
        assert all(score.value is not None for score in card.scores)
        assert card.passes > QUICK_PASSES

    def test_more_than_the_quick_set_has_no_budget(self) -> None:
        assert budget(("deletion", "road"), PICTURE.preset("rise")) is None
        assert budget(("deletion",), PICTURE.preset("rise-full")) is None
        assert budget(tuple(QUICK), PICTURE.preset("xplique")) == QUICK_PASSES


class TestVerdicts:
    @pytest.mark.parametrize(
        ("value", "low", "high", "verdict"),
        [
            (0.9, 0.8, 0.95, "pass"),
            (0.9, STABILITY_SPEARMAN - 0.01, 1.0, "unclear"),
            (0.6, 0.5, 0.71, "unclear"),
            (0.5, 0.4, 0.6, "fail"),
            (0.9, None, None, "pass"),
            (0.5, None, None, "fail"),
            (None, None, None, "unknown"),
        ],
    )
    def test_stability(
        self, value: float | None, low: float | None, high: float | None, verdict: str
    ) -> None:
        score = Score("input_stability", value, low, high, True, "how", "why" if not value else "")
        check = stability(score)
        assert check.verdict == verdict
        assert check.threshold == STABILITY_SPEARMAN
        if value is None:
            assert "why" in check.words

    def test_only_what_was_measured_is_judged(self) -> None:
        task = evaluated(Linear(weights()), np.ones((SIDE, SIDE)))
        assert checks(task, [Score("sparseness", 0.5, None, None, True, "how")], {}) == ()


class TestEmptyMaps:
    def test_no_positive_evidence_is_said_everywhere(self, toys: None) -> None:
        """The GAP network's class with weights below 0 has an empty Grad-CAM."""
        from core.evidence import evidence_card as module

        asked = request()
        nothing = api.answer(asked.explain)
        blank = replace(nothing, map=np.zeros_like(nothing.map))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "_explanation", lambda request, control: blank)
            card = module.examine([asked], LocalControl())[0]
        assert all(score.value is None for score in card.scores)
        assert all("no positive evidence" in score.reason for score in card.scores)
        assert card.curves == ()
        assert {check.verdict for check in card.checks} == {"unknown"}
        assert card.passes == 0


class TestRequest:
    def test_the_quick_set_is_the_default(self, toys: None) -> None:
        asked = request()
        assert set(asked.metrics) == {id for id in QUICK if not METRICS[id].needs_mask}
        assert asked.lane == "interactive"
        assert request(metrics=["road"]).lane == "batch"

    def test_what_moves_the_result_moves_the_key(self, toys: None) -> None:
        mask = np.zeros((16, 16), bool)
        mask[:3] = True
        other = mask.copy()
        other[5] = True
        asked = [
            request(),
            request("saliency"),
            request(metrics=["deletion"]),
            request(preset="xplique"),
            request(seed=1),
            request(mask=mask),
            request(mask=other),
        ]
        assert len({each.key for each in asked}) == len(asked)
        assert request().key == request().key

    @pytest.mark.parametrize(
        ("given", "error", "words"),
        [
            ({"metrics": ["deletoin"]}, UnknownNameError, "Did you mean 'deletion'"),
            ({"metrics": []}, InputError, "at least one metric"),
            ({"metrics": ["pointing_game"]}, InputError, "needs a mask"),
            ({"preset": "rice"}, UnknownNameError, "Did you mean 'rise'"),
            ({"mask": np.zeros((16, 16))}, InputError, "empty"),
            ({"mask": np.ones((16, 17))}, InputError, "16 × 16 pixels. Received 17 × 16"),
        ],
    )
    def test_bad_input_is_told_at_once(
        self, given: dict[str, object], error: type[Exception], words: str, toys: None
    ) -> None:
        with pytest.raises(error, match=words):
            request(**given)

    def test_twice_the_same_metric_counts_once(self, toys: None) -> None:
        assert request(metrics=["deletion", "deletion"]).metrics == ("deletion",)


def test_it_stops_when_asked(toys: None) -> None:
    stop = threading.Event()
    messages: list[str] = []

    def report(fraction: float, message: str) -> None:
        messages.append(message)
        if "deletion" in message:
            stop.set()

    with pytest.raises(Cancelled):
        api.evidence(
            request("saliency", seed=99), control=LocalControl(on_progress=report, stop=stop)
        )
    assert any("deletion" in message for message in messages)


def test_the_command_line_lists_metrics() -> None:
    document = answer("metrics")
    assert [m["id"] for m in document["metrics"]] == list(METRICS)
    assert set(document["presets"]) == {"rise", "rise-full", "xplique"}
