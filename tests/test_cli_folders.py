"""Folders of pictures on the command line: what cannot be read, subfolders, several targets."""

from __future__ import annotations

import io
import json
import re
import shutil
from contextlib import redirect_stderr
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core import api
from core.cli import main
from core.contracts import ClassRef
from core.errors import ImageError, InputError
from core.terminal.folders import find_pictures
from core.terminal.outputs import class_suffix
from tests.commands import answer, run


@pytest.fixture
def mixed(tmp_path: Path, cat: Path) -> Path:
    """Two good pictures, one in a subfolder; one that is cut off, and what macOS leaves."""
    folder = tmp_path / "mixed"
    (folder / "below" / "deep").mkdir(parents=True)
    (folder / ".hidden").mkdir()
    with Image.open(cat) as image:
        small = image.resize((64, 64))
    small.save(folder / "good.png")
    small.save(folder / "below" / "deep" / "other.png")
    small.save(folder / ".hidden" / "unseen.png")
    (folder / "cut.png").write_bytes((folder / "good.png").read_bytes()[:200])
    (folder / "._good.png").write_bytes(b"\x00\x05\x16\x07" + bytes(12))
    (folder / "notes.txt").write_text("no picture", encoding="utf-8")
    return folder


def test_the_rest_is_done_and_the_broken_are_listed(mixed: Path, tmp_path: Path) -> None:
    done = run("predict", mixed, "--json")
    assert done.returncode == 0
    document = json.loads(done.stdout)
    assert [Path(p["image"]).name for p in document["predictions"]] == ["good.png"]
    assert [Path(p["image"]).name for p in document["unreadable"]] == ["._good.png", "cut.png"]
    assert "AppleDouble" in document["unreadable"][0]["problem"]
    assert "left out: " in done.stderr
    assert "2 of 3 pictures could not be read." in done.stderr
    assert "1 subfolder(s) were not looked into (--recursive)" in done.stderr
    assert document["skipped_subfolders"] == [{"folder": str(mixed), "n": 1}]
    assert "Traceback" not in done.stderr

    strict = run("explain", mixed, "--strict", "--recursive", "--method", "saliency",
                 "--out", tmp_path / "out", "--json")  # fmt: skip
    assert strict.returncode == 2
    made = [Path(e["image"]).name for e in json.loads(strict.stdout)["explanations"]]
    assert made == ["good.png", "other.png"]
    assert sorted(p.name for p in (tmp_path / "out").glob("*.npz")) == [
        "good.saliency.npz", "other.saliency.npz",
    ]  # fmt: skip
    assert "2 of 4 pictures could not be read." in strict.stderr
    assert "skipped_subfolders" not in strict.stdout
    assert "subfolder" not in strict.stderr


def test_evaluate_leaves_broken_files_out_too(mixed: Path) -> None:
    (mixed / "metadata.csv").write_text(
        "file_name,label,group\ngood.png,x,a\nbelow/deep/other.png,x,b\n", encoding="utf-8"
    )
    done = run(
        "evaluate", mixed, "--methods", "saliency", "--metrics", "sparseness", "--by", "group",
        "--recursive", "--json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["n"] == 2
    assert len(document["unreadable"]) == 2
    assert {"a", "b"} <= {score["group"] for score in document["scores"]}


def test_a_folder_of_good_pictures_says_nothing_of_broken_ones(cat: Path, tmp_path: Path) -> None:
    shutil.copy(cat, tmp_path / "cat.jpg")
    assert "unreadable" not in answer("predict", tmp_path)


def test_a_second_target_is_written_beside_the_first(cat: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"

    def explained(target: str, *more: str) -> str:
        ask = ("explain", cat, "--method", "saliency", "--target", target, *more, "--out", out)
        return Path(answer(*ask)["explanations"][0]["map"]).name

    assert explained("281") == "cat.saliency.npz"
    assert explained("282") == "cat.saliency.class-282.npz"
    assert explained("281") == "cat.saliency.npz"
    assert explained("281", "--against", "282") == "cat.saliency.class-281-282.npz"
    for name, index in (("cat.saliency", 281), ("cat.saliency.class-282", 282)):
        with np.load(out / f"{name}.npz", allow_pickle=False) as data:
            assert json.loads(str(data["metadata"]))["target"]["index"] == index
        assert (out / f"{name}.png").is_file()


def test_names_of_files_of_others_are_not_taken(tmp_path: Path) -> None:
    one, two = ClassRef(1, "a"), ClassRef(2, "b")
    held = tmp_path / "x.npz"
    assert class_suffix(held, [one]) == ""
    held.write_bytes(b"no npz")
    assert class_suffix(held, [one]) == ".class-1"
    np.savez(held, classes=[1, 2])
    assert class_suffix(held, [one, two]) == ""
    assert class_suffix(held, [two]) == ".class-2"
    np.savez(held, classes=[2], labels=["b"])
    assert class_suffix(held, [two]) == ""
    np.savez(held, other=[1])
    assert class_suffix(held, [two]) == ".class-2"


SHARED = (("a",), ("a × b",), ('P(a) < 0.5: "odds"',), ("a", "b"), ("CON",))


def test_targets_that_share_an_index_are_written_beside_each_other(tmp_path: Path) -> None:
    held, places = tmp_path / "x.saliency.npz", []
    for _ in range(2):
        for labels in SHARED:
            about = [ClassRef(0, label) for label in labels]
            place = tmp_path / f"x.saliency{class_suffix(held, about)}.npz"
            np.savez(place, classes=[0] * len(labels), labels=labels)
            places.append(place.name)
    assert len(set(places)) == len(SHARED)
    assert places[: len(SHARED)] == places[len(SHARED) :]
    assert all(re.fullmatch(r"[a-z0-9.-]+", name) for name in places)


def test_what_was_named_itself_must_be_readable(mixed: Path) -> None:
    found = find_pictures([mixed / "cut.png", mixed / "good.png"])
    with pytest.raises(ImageError, match="cut"):
        found.check("auto")


def test_a_folder_without_one_good_picture_is_an_error(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(b"nothing")
    with pytest.raises(InputError, match=r"None of the 2 pictures.*a\.png"):
        find_pictures([tmp_path]).check("auto")


def test_a_folder_of_folders_names_the_option(mixed: Path) -> None:
    with pytest.raises(InputError, match=r"holds no pictures.*1 subfolder.*--recursive"):
        find_pictures([mixed / "below"])
    assert [p.name for p in find_pictures([mixed / "below"], recursive=True).paths] == ["other.png"]


def test_hidden_folders_are_not_looked_into(mixed: Path) -> None:
    assert "unseen.png" not in [p.name for p in find_pictures([mixed], recursive=True).paths]


def test_the_facade_tells_which_sources_are_no_pictures(toys: None, cat: Path) -> None:
    told: list[tuple[int, str]] = []
    results = list(
        api.predict_many(
            [b"nothing", cat, b"", cat],
            model="toy_gap",
            weights="random",
            on_unreadable=lambda i, error: told.append((i, str(error))),
        )
    )
    assert len(results) == 2
    assert [index for index, _ in told] == [0, 2]
    with pytest.raises(ImageError):
        list(api.predict_many([b"nothing", cat], model="toy_gap", weights="random"))


@pytest.mark.parametrize("command", ["predict", "counterfactual", "explain", "attack", "drift"])
def test_a_depth_that_is_none_is_told(command: str, cat: Path, tmp_path: Path) -> None:
    more = ["--out", str(tmp_path)] if command in {"explain", "drift"} else []
    told = io.StringIO()
    with redirect_stderr(told), pytest.raises(SystemExit) as end:
        main([command, str(cat), "--depth", "9", *more])
    assert end.value.code == 2
    assert "--depth must be one of auto, 8, 10, 12, 14, 16" in told.getvalue()


def test_how_pictures_were_read_is_told_beside_the_result(
    toys: None, cat: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    deep = np.linspace(0, 4095, 64).astype(np.uint16)[None].repeat(64, 0)
    for name in ("a.png", "b.png"):
        Image.fromarray(deep).save(tmp_path / name)
    shutil.copy(cat, tmp_path / "cat.jpg")
    toy = ["--model", "toy_gap", "--weights", "random"]

    def err(*words: str | Path) -> str:
        with pytest.raises(SystemExit) as end:
            main([*map(str, words), *toy])
        told = capfd.readouterr().err
        assert end.value.code == 0, told
        return told

    told = err("predict", tmp_path, "--depth", "14")
    assert f"{tmp_path / 'a.png'} and 1 more: Read as 14 bits in 16 (0 to 16383), as asked" in told
    assert f"{tmp_path / 'cat.jpg'}: 14 bits were asked for, but no sample has more" in told
    assert "bits" not in err("predict", cat)
    out = tmp_path / "out"
    told = err("explain", tmp_path / "a.png", "--out", out, "--method", "saliency")
    assert "a.png: Read as 12 bits" in told
    told = err("counterfactual", cat, "--depth", "12")
    assert "cat.jpg: 12 bits were asked for" in told


def test_a_command_that_fails_inside_is_one_line_and_an_entry_in_the_log(
    cat: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.logfile import log_path
    from core.models.cli import predict

    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(predict, "find_pictures", fail)
    told = io.StringIO()
    with redirect_stderr(told), pytest.raises(SystemExit) as end:
        main(["predict", str(cat)])
    assert end.value.code == 1
    assert told.getvalue().count("\n") == 1
    assert "ZeroDivisionError" in told.getvalue()
    assert str(log_path()) in told.getvalue()
    assert "secret detail" in log_path().read_text(encoding="utf-8")
