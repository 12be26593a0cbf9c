"""Two spellings of one class, and words that stand for no value."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core import api
from core.errors import InputError, ParameterError
from core.tabular.spellings import matched
from tests.fairness.conftest import Write

CASES = Path(__file__).parents[3] / "shared" / "cases" / "tables"
TASK = {"label": "y", "prediction": "p", "groups": ["g"]}
N = 24
TRUE = [i % 2 for i in range(N)]
SAID = [i // 2 % 2 for i in range(N)]
GROUPS = ["a", "b", "b"] * (N // 3)


def spelt(labels: tuple[str, str], predictions: tuple[str, str]) -> dict[str, list[str]]:
    return {"y": [labels[y] for y in TRUE], "p": [predictions[p] for p in SAID], "g": GROUPS}


def cells(report: api.FairnessReport) -> list[tuple[float, float]]:
    """True positives and selected of each group: the same whatever the classes are called."""
    table = report.tables[0]
    return [
        (table.rate(group, metric).k, table.rate(group, metric).n)
        for group in table.groups
        for metric in ("tpr", "selection_rate", "accuracy")
    ]


PAIRS = [
    (("False", "True"), ("0", "1")), (("no", "yes"), ("0", "1")), (("No", "Yes"), ("no", "yes")),
    (("<=50K.", ">50K."), ("<=50K", ">50K")), (("0.0", "1.0"), ("0", "1")),
    (("N", "Y"), ("0", "1")), (("-1", "1"), ("0", "1")), (("f", "t"), ("FALSE", "TRUE")),
    (("neg", "pos"), ("0", "1")), (("Bad", "Good"), ("bad", "good")),
]  # fmt: skip


@pytest.mark.parametrize(("labels", "predictions"), PAIRS)
def test_known_pairs_are_matched_whichever_spelling_is_named(
    labels: tuple[str, str], predictions: tuple[str, str], write: Write
) -> None:
    plain = cells(api.fairness(write(spelt(("0", "1"), ("0", "1"))), **TASK))
    path = write(spelt(labels, predictions), "t.csv")
    for positive in (labels[1], predictions[1]):
        report = api.fairness(path, **TASK, positive=positive)
        assert cells(report) == plain
        if labels[0] != "0.0":
            assert report.notes[0].startswith("Spellings taken for one class: ")


def test_labels_of_two_sources_in_one_column_are_two_classes_not_four(write: Write) -> None:
    table = spelt(("<=50K", ">50K"), ("<=50K", ">50K"))
    plain = cells(api.fairness(write(table), **TASK, positive=">50K"))
    table["y"] = [y + "." * (i % 3 == 0) for i, y in enumerate(table["y"])]
    assert cells(api.fairness(write(table), **TASK, positive=">50K")) == plain


@pytest.mark.parametrize("column", ["y", "p"])
@pytest.mark.parametrize("pairs", [[("0.0", "1.0"), ("-1", "1")], [("-1.0", "1.0"), ("0", "1")]])
def test_two_scales_in_one_column_are_asked(
    write: Write, column: str, pairs: list[tuple[str, str]]
) -> None:
    table = spelt(("0", "1"), ("0", "1"))
    plain = cells(api.fairness(write(table), **TASK))
    table[column] = [pairs[i // 4 % 2][int(c)] for i, c in enumerate(table[column])]
    path = write(table, "t.csv")
    with pytest.raises(InputError, match=f"'{column}' holds 0 and 1 in some rows, -1 and 1"):
        api.fairness(path, **TASK, positive="1")
    assert cells(api.fairness(path, **TASK, map={"-1": "0"})) == plain
    assert api.fairness(path, **TASK, map={"-1": "-1"}).classes == ("-1", "0", "1")


@pytest.mark.parametrize("opinions", [("-1", "0", "1"), ("-1.0", "0.0", "1.0")])
def test_three_opinions_are_three_classes(write: Write, opinions: tuple[str, ...]) -> None:
    table = {"y": opinions * 8, "p": ("-1", "0", "1", "1") * 6, "g": GROUPS}
    assert api.fairness(write(table), **TASK).classes == ("-1", "0", "1")


def test_letters_that_both_columns_tell_apart_stay_apart(write: Write) -> None:
    names = ["A", "a", "b"]
    table = {"y": names * 8, "p": [*names, "a", "A", "b"] * 4, "g": GROUPS}
    assert api.fairness(write(table), **TASK).classes == ("A", "a", "b")


def test_what_cannot_be_matched_is_asked_and_a_map_answers(write: Write) -> None:
    path = write(spelt(("bad", "good"), ("0", "1")), "t.csv")
    with pytest.raises(InputError, match=r"'p' holds '0' in row 1.*--map"):
        api.fairness(path, **TASK)
    with pytest.raises(InputError, match=r"never holds the positive class 'good'"):
        api.fairness(path, **TASK, positive="good")
    plain = cells(api.fairness(write(spelt(("0", "1"), ("0", "1")), "plain.csv"), **TASK))
    for given in ({"bad": "0", "good": "1"}, {"0": "bad", "1": "good"}):
        found = api.fairness(path, **TASK, map=given, positive=given.get("good", "good"))
        assert cells(found) == plain
    assert (
        "--map bad=0 --map good=1"
        in api.fairness(path, **TASK, map={"bad": "0", "good": "1"}).command
    )
    with pytest.raises(InputError, match="no label or prediction is 'Good'"):
        api.fairness(path, **TASK, map={"Good": "1", "bad": "0"})


def test_a_class_that_is_never_predicted_is_confirmed(write: Write) -> None:
    path = write({**spelt(("0", "1"), ("0", "0"))}, "t.csv")
    with pytest.raises(InputError, match="'p' never holds the positive class '1'"):
        api.fairness(path, **TASK, positive="1")
    found = api.fairness(path, **TASK, positive="1", map={"1": "1"})
    assert [rate for rate, _ in cells(found)][:2] == [0, 0]


def test_maps_are_written_in_one_line() -> None:
    assert api.parse_class_map(["yes=1, no=0"]) == {"yes": "1", "no": "0"}
    assert api.parse_class_map(["<=50K=0", ">50K=1"]) == {"<=50K": "0", ">50K": "1"}
    assert api.parse_class_map(['"a, b=c",d=e']) == {"a, b": "c", "d": "e"}
    for text in ("yes", "yes=", "=1", "a=b=c", 'a=1,"b', "a=1,a=2"):
        with pytest.raises(ParameterError):
            api.parse_class_map([text])


def test_matching_is_the_same_in_both_directions() -> None:
    assert matched({"0", "1"}, {"no", "yes"}).to == {"0": "0", "1": "1", "no": "0", "yes": "1"}
    assert matched({"cat", "Dog"}, {"Cat", "dog"}).to["Cat"] == "cat"
    assert matched({"-1", "0", "1"}, {"-1", "0", "1"}).to == {"-1": "-1", "0": "0", "1": "1"}
    assert matched({"Cat", "cat"}, {"cat"}).unclear == {"Cat", "cat"}


def test_what_was_matched_is_said_by_every_command(write: Write) -> None:
    path = write(spelt(("no", "yes"), ("0", "1")), "t.csv")
    said = "Spellings taken for one class: '0' and 'no'; '1' and 'yes'."
    found = api.fairness(path, **TASK)
    assert api.fairness_document(found)["notes"] == [said]
    assert api.slices(path, **TASK).notes == (said,)
    assert "notes" not in api.fairness_document(
        api.fairness(write(spelt(("0", "1"), ("0", "1")), "plain.csv"), **TASK)
    )


# ---- no value


WORDS = ("NA", "N/A", "n/a", "None", "null", "NaN", "nan", "<NA>", "#N/A", "?", "-", "")


@pytest.mark.parametrize("word", WORDS)
def test_a_label_without_a_value_is_refused_or_left_out_and_counted(
    word: str, write: Write
) -> None:
    table = spelt(("0", "1"), ("0", "1"))
    plain = {name: values[1:] for name, values in table.items()}
    table["y"][0] = word
    path = write(table)
    with pytest.raises(InputError, match=r"'y' is empty in row 1.*--drop-missing"):
        api.fairness(path, **TASK)
    found = api.fairness(path, **TASK, drop_missing=True)
    assert cells(found) == cells(api.fairness(write(plain, "plain.csv"), **TASK))
    assert found.notes == (
        "1 row without a value in 'y' or 'p' was left out. It is row 1.",
    )  # fmt: skip
    assert "--drop-missing" in found.command


@pytest.mark.parametrize("word", WORDS)
def test_a_group_without_a_value_is_unknown(word: str, write: Write) -> None:
    table = spelt(("0", "1"), ("0", "1"))
    table["g"] = [word, *GROUPS[1:]]
    found = api.fairness(write(table), **TASK)
    assert found.tables[0].groups == ("a", "b", "Unknown")
    assert bool(found.notes) == (word.lower() not in ("", "nan"))


def test_the_words_can_be_changed(write: Write) -> None:
    table = spelt(("0", "1"), ("0", "1"))
    table["g"] = ["NA", "refused", *GROUPS[2:]]
    found = api.fairness(write(table), **TASK, missing=["refused"])
    assert found.tables[0].groups == ("a", "b", "NA", "Unknown")
    assert "--missing refused" in found.command


def test_minus_beside_plus_is_a_result(write: Write) -> None:
    table = spelt(("-", "+"), ("-", "+"))
    table["g"] = ["+", "-"] * (N // 2)
    found = api.fairness(write(table), **TASK, positive="+")
    assert found.tables[0].groups == ("+", "-")
    assert found.classes == ("-", "+")


def test_scores_and_weights_without_a_value_are_left_out(write: Write) -> None:
    table = {"y": [str(y) for y in TRUE], "s": ["0.5"] * N, "w": ["1"] * N, "g": GROUPS}
    table["s"][3], table["w"][5], table["s"][7] = "NA", "", "nan"
    task = {"label": "y", "score": "s", "weight": "w", "groups": ["g"]}
    with pytest.raises(InputError, match=r"in row \d"):
        api.fairness(write(table), **task)
    found = api.fairness(write(table), **task, drop_missing=True)
    assert found.n == N - 3
    assert "The first are rows 4, 6, 8." in found.notes[0]


# ---- the small inputs


@pytest.mark.parametrize("positive", ["", "true", "1"])
def test_booleans_against_numbers(positive: str) -> None:
    path = CASES / "bool_label_int_prediction.csv"
    if not path.is_file():
        pytest.skip("the small inputs are not here")
    found = api.fairness(
        path, label="label", prediction="prediction", groups=["sex"], positive=positive
    )
    table = found.tables[0]
    right = [(table.rate(g, "accuracy").k, table.rate(g, "accuracy").n) for g in "ab"]
    assert right == [(23, 31), (40, 49)]
    assert [round(table.rate(g, "tpr").value, 3) for g in "ab"] == [0.643, 0.909]


@pytest.mark.parametrize("spelt", [("0.", "1."), ("0.0", "1."), ("0.", "1.00")])
@pytest.mark.parametrize("where", ["labels", "predictions", "both"])
def test_numbers_that_end_in_a_point_are_the_numbers(
    write: Write, spelt: tuple[str, str], where: str
) -> None:
    rng = np.random.default_rng(1)
    y, p, g = (rng.integers(0, 2, 200) for _ in range(3))
    group = ["ab"[i] for i in g]
    plain = {"y": [str(i) for i in y], "p": [str(i) for i in p], "g": group}
    other = dict(plain)
    if where != "predictions":
        other["y"] = [spelt[i] for i in y]
    if where != "labels":
        other["p"] = [spelt[i] for i in p]
    task = {"label": "y", "prediction": "p", "groups": ["g"]}
    found, same = (api.fairness(write(t), **task) for t in (other, plain))
    assert [(g.metric, g.difference) for g in found.gaps] == [
        (g.metric, g.difference) for g in same.gaps
    ]
