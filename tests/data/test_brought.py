"""Archives of labelled pictures: what is taken out of them, and what is not."""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from PIL import Image

from core import api
from core.data.folder import brought
from core.data.folder.brought import keep_pictures, unpacked
from core.data.registry import open_dataset
from core.errors import InputError
from core.settings import settings


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("PELLUCID_HOME", str(tmp_path / "home"))
    settings.cache_clear()
    yield settings().root
    settings.cache_clear()


def picture(colour: int = 90) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (16, 16), (colour, 40, 20)).save(buffer, "PNG")
    return buffer.getvalue()


def zipped(members: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def classes(below: str = "") -> dict[str, bytes]:
    return {f"{below}{name}/{i}.png": picture(20 * i) for name in ("cat", "dog") for i in range(3)}


@pytest.mark.parametrize("below", ["", "pets/", "pets/inner/"])
def test_a_folder_a_class_is_a_dataset_whatever_it_lies_in(below: str) -> None:
    reference = keep_pictures("pets.zip", zipped(classes(below)))
    dataset = open_dataset(reference)
    assert dataset.classes == ("cat", "dog")
    assert sum(map(len, dataset.parts.values())) == 6
    assert reference in api.offered_datasets()


def test_a_table_beside_the_pictures_is_read() -> None:
    table = b"file_name,label,light\n" + b"".join(
        b"%d.png,%s,%s\n" % (i, b"ab"[i % 2 : i % 2 + 1], b"dim" if i < 4 else b"bright")
        for i in range(8)
    )
    members = {f"set/{i}.png": picture(10 * i) for i in range(8)} | {"set/metadata.csv": table}
    part = next(iter(open_dataset(keep_pictures("set.zip", zipped(members))).parts.values()))
    assert set(part.groups) == {"light"}


def test_what_is_no_picture_stays_in_the_archive(home: Path) -> None:
    beside = {"cat/run.sh": b"#!", "__MACOSX/cat/._0.png": b"x", "cat/.DS_Store": b"x"}
    keep_pictures("pets.zip", zipped(classes() | beside))
    kept = {path.name for path in (home / "brought").rglob("*") if path.is_file()}
    assert kept == {"0.png", "1.png", "2.png"}


def test_the_same_archive_is_kept_once_and_nothing_is_left_beside_it(home: Path) -> None:
    data = zipped(classes())
    assert keep_pictures("pets.zip", data) == keep_pictures("pets.zip", data)
    assert len(list((home / "brought").iterdir())) == 1


@pytest.mark.parametrize(
    "path", ["../evil.png", "cat/../../evil.png", "/tmp/evil.png", "cat\\..\\evil.png", "C:/a.png",
             "a/b/c/d/e/f/g.png"],
)  # fmt: skip
def test_paths_that_lead_out_refuse_the_whole(path: str, home: Path) -> None:
    with pytest.raises(InputError, match="leads out of it or is too deep"):
        keep_pictures("pets.zip", zipped(classes() | {path: picture()}))
    assert not list(home.rglob("*.png"))
    assert not Path("/tmp/evil.png").exists()


def test_links_are_left_out(home: Path) -> None:
    buffer = io.BytesIO(zipped(classes()))
    with zipfile.ZipFile(buffer, "a") as archive:
        link = zipfile.ZipInfo("cat/passwd.png")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    keep_pictures("pets.zip", buffer.getvalue())
    assert not list(home.rglob("passwd.png"))


def test_caps_hold_on_what_comes_out(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.setattr(brought, "MOST_BYTES", 2**20)
    with pytest.raises(InputError, match="unpacks to more than is taken"):
        keep_pictures("bomb.zip", zipped(classes() | {"cat/big.png": b"\0" * 2**21}))
    monkeypatch.setattr(brought, "MOST_FILES", 5)
    with pytest.raises(InputError, match="more than 5 pictures"):
        keep_pictures("many.zip", zipped(classes()))
    assert not list(home.rglob("*.png"))


@pytest.mark.parametrize(
    ("data", "told"),
    [(b"PK\x03\x04 cut", "no zip that can be read"), (b"", "no zip that can be read"),
     (zipped({"cat/a.txt": b"x"}), "holds no pictures"),
     (zipped(classes())[:-40], "no zip that can be read")],
)  # fmt: skip
def test_what_is_no_archive_of_pictures(data: bytes, told: str) -> None:
    with pytest.raises(InputError, match=told):
        keep_pictures("pets.zip", data)


def test_odd_names_stay_inside(home: Path) -> None:
    reference = keep_pictures("../../x/<b>:$pets.zip", zipped(classes()))
    (folder,) = (home / "brought").iterdir()
    assert folder.name.startswith("_b_pets-")
    assert open_dataset(reference).classes == ("cat", "dog")


def test_an_archive_is_looked_at_without_being_kept(tmp_path: Path, home: Path) -> None:
    archive = tmp_path / "pets.zip"
    archive.write_bytes(zipped(classes()))
    with unpacked(archive) as folder:
        assert open_dataset(f"folder:{folder}").classes == ("cat", "dog")
    assert not folder.exists()
    assert not (home / "brought").exists()
