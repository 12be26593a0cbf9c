"""``--explore`` and ``--confirm``, and how many looks the commands say there have been."""

from __future__ import annotations

import shlex

import pytest

from core import api
from tests.fairness.test_cli import MAPPED, document, here

pytestmark = pytest.mark.usefixtures("own_home")
SCORED = ("--y-true", "y", "--score", "s", "--threshold", "0.5", "--group", "sex")


def test_explore_then_confirm_once(capfd, write, biased) -> None:
    path = write(biased)
    one = document(capfd, "fairness", path, *MAPPED, "--explore")
    assert one["rows"]["which"] == "explore"
    assert (one["rows"]["n"], one["rows"]["of"], one["n"]) == (1200, 2400, 1200)
    assert one["rows"]["exploratory"]
    assert one["looks"]["number"] == 1
    assert one["looks"]["fresh"] is None
    slices = document(capfd, "slices", path, *MAPPED, "--explore")
    assert (slices["rows"]["which"], slices["n"]) == ("explore", 1200)
    assert (slices["looks"]["number"], slices["looks"]["slice_searches"]) == (2, 1)
    assert slices["looks"]["false_flag_chance"] == pytest.approx(0.15)
    confirmed = document(capfd, "fairness", path, *MAPPED, "--confirm", "--gap", "tpr")
    assert confirmed["looks"]["fresh"] is True
    assert not confirmed["rows"]["exploratory"]
    assert {g["metric"] for g in confirmed["gaps"]} == {"tpr"}
    judged = document(capfd, "mitigate", path, *SCORED, "--attribute", "sex", "--confirm")
    assert (judged["n_fit"], judged["before"]["n"]) == (1200, 1200)
    assert judged["before"]["rows"]["which"] == "confirm"
    assert judged["looks"]["fresh"] is False
    assert "This is not a confirmation." in judged["looks"]["text"]
    again = document(capfd, "fairness", path, *MAPPED, "--confirm", "--gap", "tpr")
    assert again["looks"]["fresh"] is True


def test_people_read_which_half_and_how_many_looks(capfd, write, biased) -> None:
    path = write(biased)
    told = []
    for command in (
        ("fairness", path, *MAPPED, "--explore"),
        ("slices", path, *MAPPED, "--explore"),
        ("mitigate", path, *SCORED, "--attribute", "sex", "--explore"),
    ):
        status, out, err = here(capfd, *command)
        assert status == 0, err
        told.append(out.splitlines())
        assert told[-1][1].startswith("Exploring half: 1200 of 2400 rows; the others are kept")
    assert any(line.startswith("✗ flag (exploratory): Equal opportunity") for line in told[0])
    assert any(line.startswith("✗ flag (exploratory): sex = f") for line in told[1])
    assert [lines[-1][:50] for lines in told] == [
        "This is the first look at this table. Confirm on t",
        "This is look 2 at this table (1 audit, 1 slice sea",
        "This is look 3 at this table (1 audit, 1 slice sea",
    ]
    assert "up to 35%" in told[2][-1], "audit 2, slices 1, mitigation 4 times 5 %"
    _, out, _ = here(capfd, "slices", path, *MAPPED, "--confirm", "--slice", "sex=f")
    lines = out.splitlines()
    assert lines[1].startswith("Confirming half: 1200 of 2400 rows")
    assert "1 of 1 slice that was asked for" in lines[2]
    assert lines[3].startswith("✗ flag: sex = f")
    assert lines[-1].startswith("The first look at the confirming half, on ")


def test_page_report_json_and_command_say_the_same(capfd, write, biased) -> None:
    path = write(biased)
    found = document(capfd, "fairness", path, *MAPPED, "--explore")
    words = {"label": "y", "prediction": "p", "groups": ["sex", "city"], "rows": "explore"}
    request = api.fairness_request(path, **words)
    report = api.fairness(path, **words)
    assert found["rows"]["text"] == report.taken.text
    assert found["looks"]["text"] == api.look(request).text
    assert '"which": "explore"' in api.fairness_json(report)
    repeated = document(capfd, *shlex.split(report.command)[3:])
    assert {k: v for k, v in repeated.items() if k != "looks"} == api.fairness_document(report)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("fairness", "--explore", "--confirm"), "--explore), or confirm on the other (--confirm)"),
        (("slices", "--confirm", "--slice", "sex=x"), "no rows of the slice 'sex = x'"),
        (("slices", "--slice", "age=1"), "--group"),
    ],
)
def test_refused_in_one_line(capfd, write, biased, arguments: tuple, words: str) -> None:
    status, out, err = here(capfd, arguments[0], write(biased), *MAPPED, *arguments[1:], "--json")
    assert status == 2
    assert out == ""
    (line,) = err.strip().splitlines()
    assert words in line
