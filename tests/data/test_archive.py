"""Archives of strangers: what is read, and what is refused before it costs anything."""

from __future__ import annotations

import io
import lzma
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from core.data import archive
from core.errors import InputError

FILES = {"a/one.txt": b"one", "a/b/two.bin": bytes(range(256)) * 9, "three": b""}


def entry(name: str, content: bytes = b"", **facts: object) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for fact, value in facts.items():
        setattr(info, fact, value)
    return info, content


def pack(path: Path, *entries: tuple[tarfile.TarInfo, bytes]) -> Path:
    mode = {".gz": "w:gz", ".tgz": "w:gz", ".xz": "w:xz"}.get(path.suffix, "w")
    with tarfile.open(path, mode) as tar:  # type: ignore[call-overload]
        for info, content in entries:
            tar.addfile(info, io.BytesIO(content))
    return path


@pytest.mark.parametrize("suffix", archive.SUFFIXES)
def test_regular_files_come_out_in_their_order(tmp_path: Path, suffix: str) -> None:
    folder = entry("a", type=tarfile.DIRTYPE)
    path = pack(tmp_path / f"x{suffix}", folder, *(entry(n, c) for n, c in FILES.items()))
    assert archive.is_archive(path)
    assert dict(archive.members(path)) == FILES
    assert [name for name, _ in archive.members(path)] == list(FILES)
    assert list(tmp_path.iterdir()) == [path]  # nothing is unpacked


def test_other_names_are_no_archives(tmp_path: Path) -> None:
    assert not archive.is_archive(tmp_path / "x.zip")
    assert not archive.is_archive(tmp_path / "x.tar.bz2")
    assert archive.is_archive(tmp_path / "X.TAR.XZ")


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/etc/x", ".."])
def test_names_that_lead_out_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="leads out of the archive"):
        list(archive.members(pack(tmp_path / "x.tar", entry(name, b"x"))))


@pytest.mark.parametrize(
    ("type", "target"),
    [
        (tarfile.SYMTYPE, "/etc/passwd"),
        (tarfile.SYMTYPE, "a/one.txt"),
        (tarfile.LNKTYPE, "a/one.txt"),
        (tarfile.FIFOTYPE, ""),
        (tarfile.CHRTYPE, ""),
        (tarfile.BLKTYPE, ""),
    ],
)
def test_links_and_devices_are_refused(tmp_path: Path, type: bytes, target: str) -> None:
    path = pack(
        tmp_path / "x.tar", entry("a/one.txt", b"one"), entry("a/two", type=type, linkname=target)
    )
    with pytest.raises(InputError, match="'a/two', which is a link, a device"):
        list(archive.members(path))


def test_sparse_files_are_refused(tmp_path: Path) -> None:
    info, content = entry("hole", b"0\n")
    info.pax_headers = {"GNU.sparse.map": "0,1", "GNU.sparse.size": str(2**50)}
    with pytest.raises(InputError, match="sparse"):
        list(archive.members(pack(tmp_path / "x.tar", (info, content))))


def test_a_file_over_the_cap_is_refused_by_its_header(tmp_path: Path) -> None:
    info, _ = entry("huge")
    info.size = 2**40
    (tmp_path / "x.tar").write_bytes(info.tobuf())
    with pytest.raises(InputError, match="'huge' with 1048576 MiB; at most 64 MiB"):
        list(archive.members(tmp_path / "x.tar"))


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME])
def test_a_header_that_claims_a_gigabyte_is_not_read(tmp_path: Path, kind: bytes) -> None:
    """tarfile would read names and comments of any length in one piece."""
    info = tarfile.TarInfo("x")
    info.type, info.size = kind, 2**30
    header = info.tobuf(tarfile.GNU_FORMAT)
    (tmp_path / "x.tar.xz").write_bytes(lzma.compress(header + bytes(2**20)))
    with pytest.raises(InputError, match="holds a header of 1073741824 bytes"):
        list(archive.members(tmp_path / "x.tar.xz"))


def test_what_unpacks_to_more_than_the_cap_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "MAX_BYTES", 2**20)
    monkeypatch.setattr(archive, "MAX_MEMBER_BYTES", 2**20)
    path = pack(tmp_path / "x.tar.xz", *(entry(f"{i}", bytes(2**19)) for i in range(9)))
    assert path.stat().st_size < 10_000
    read = []
    with pytest.raises(InputError, match="unpacks to more than"):
        read.extend(name for name, _ in archive.members(path))
    assert len(read) < 5


def test_too_many_entries_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_MEMBERS", 2)
    with pytest.raises(InputError, match="more than 2 entries"):
        list(archive.members(pack(tmp_path / "x.tar", *(entry(n, c) for n, c in FILES.items()))))


@pytest.mark.parametrize("suffix", archive.SUFFIXES)
@pytest.mark.parametrize("damage", [lambda b: b[: len(b) // 2], lambda b: b"no archive " * 100])
def test_damaged_archives_are_told(
    tmp_path: Path, suffix: str, damage: Callable[[bytes], bytes]
) -> None:
    content = {"a": bytes(2000), "b": bytes(range(256)) * 20}
    path = pack(tmp_path / f"x{suffix}", *(entry(n, c) for n, c in content.items()))
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(InputError, match="is no tar archive, or it is damaged"):
        list(archive.members(path))
