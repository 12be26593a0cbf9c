"""OpenVINO's own form (``.xml`` and ``.bin``), looked at before OpenVINO reads it."""

from __future__ import annotations

import zipfile
import zlib
from io import BytesIO
from pathlib import Path, PurePosixPath
from xml.etree import ElementTree

from core.errors import ModelFileError
from core.models.reading.graph_file import GraphFile, beside, check_nodes, check_tensor
from core.models.reading.plain import MOST_TEXT, refuse, shown

__all__ = ["check_text", "opened", "opened_zip", "tells", "tells_zip"]

_DEEPEST, _CHUNK = 60, 2**20
_STARTS = (b"<?xml", b"<net")
_BYTES = {
    "f64": 8, "i64": 8, "u64": 8, "f32": 4, "i32": 4, "u32": 4, "f16": 2, "bf16": 2, "i16": 2,
    "u16": 2, "i8": 1, "u8": 1, "boolean": 1, "f8e4m3": 1, "f8e5m2": 1, "f8e8m0": 1,
}  # fmt: skip
"""Of packed kinds (u1, u4, i4, nf4, …) less than one a number; texts have no size of their own."""


def tells(path: Path, head: bytes) -> bool:
    """Whether a file is the description of an OpenVINO model: XML with ``<net`` soon after."""
    if not head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(_STARTS):
        return False
    with path.open("rb") as file:
        return b"<net" in file.read(4096)


def opened(path: Path, folder: Path) -> GraphFile:
    """Look at an OpenVINO model; its weights lie beside it under the same name.

    Raises
    ------
    ModelFileError
        If it is damaged, too large, speaks of weights that are not there, or of operators of
        strangers.
    """
    del folder
    if path.stat().st_size > MOST_TEXT:
        refuse(path.name, f"its description is longer than {MOST_TEXT // 2**20} MB.")
    # Asked for under the name of what was given, which may be a link somewhere else.
    weights = beside(path, path.with_suffix(".bin").name, path.name)
    check_text(path.read_bytes(), weights.stat().st_size, path.name)
    return GraphFile(path.name, "openvino", "ir", path, (path, weights))


def tells_zip(path: Path, head: bytes) -> bool:
    """Whether a file is a zip of an OpenVINO model: a description and its weights."""
    if not head.startswith(b"PK\x03\x04"):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return len(_pair(archive)) == 2
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError):
        return False


def opened_zip(path: Path, folder: Path) -> GraphFile:
    """Look at a zip of an OpenVINO model; both files are unpacked into ``folder``.

    Raises
    ------
    ModelFileError
        As :func:`opened`; or it unpacks to far more than it is.
    """
    inside = folder / "openvino"
    inside.mkdir()
    left = 64 * path.stat().st_size + _CHUNK
    try:
        with zipfile.ZipFile(path) as archive:
            for member, ending in zip(_pair(archive), (".xml", ".bin"), strict=True):
                with archive.open(member) as source, (inside / f"model{ending}").open("xb") as to:
                    while chunk := source.read(_CHUNK):
                        left -= len(chunk)
                        if left < 0:
                            refuse(path.name, "it unpacks to more than 64 times the file.")
                        to.write(chunk)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, RuntimeError, ValueError,
            zlib.error) as error:  # fmt: skip
        raise ModelFileError(f"{path.name} is a damaged archive ({error}).") from error
    found = opened(inside / "model.xml", folder)
    return GraphFile(path.name, found.format, found.front_end, found.path, (path,))


def _pair(archive: zipfile.ZipFile) -> tuple[zipfile.ZipInfo, ...]:
    """Return the description and the weights of an archive, if it holds these two alone."""
    held = [
        each for each in archive.infolist()
        if not each.is_dir() and not each.filename.startswith("__MACOSX/")
    ]  # fmt: skip
    found = {PurePosixPath(each.filename).suffix.lower(): each for each in held}
    whole = len(held) == 2 and {".xml", ".bin"} == found.keys()
    return (found[".xml"], found[".bin"]) if whole else ()


def check_text(text: bytes, n_bytes: int, where: str) -> None:
    """Check a description against the number of bytes its weights have.

    Raises
    ------
    ModelFileError
        If it does not hold together.
    """
    if b"<!" in text.replace(b"<!--", b""):
        refuse(where, "its description defines names of its own (DOCTYPE), or holds raw text.")
    nodes = 0
    try:
        depth = 0
        for event, element in ElementTree.iterparse(BytesIO(text), ("start", "end")):
            depth += 1 if event == "start" else -1
            if depth > _DEEPEST:
                refuse(where, f"its description is more than {_DEEPEST} deep.")
            if element.tag != "layer":
                continue
            if event == "start":
                nodes += element.get("type") != "Const"
                check_nodes(max(nodes, 1), where)
            else:
                _check_layer(element, n_bytes, where)
                element.clear()
    except ElementTree.ParseError as error:
        raise ModelFileError(f"{where}: its description is damaged ({error}).") from error
    except ValueError as error:
        raise ModelFileError(f"{where}: its description holds what is no number.") from error
    check_nodes(nodes, where)


def _check_layer(layer: ElementTree.Element, n_bytes: int, where: str) -> None:
    kind, name = layer.get("type", ""), layer.get("name", "")
    version = layer.get("version", "opset1")
    if not version.startswith("opset") and version not in ("ie_internal_opset", "experimental"):
        refuse(where, f"its operator {shown(kind)} is of {shown(version)}, and none of OpenVINO's "
               "own: convert the model with standard operators alone.")  # fmt: skip
    for port in layer.iter("port"):
        check_tensor([int(side.text or "-1") for side in port.iter("dim")], where, name)
    if kind != "Const":
        return
    for data in layer.iter("data"):
        if data.get("offset") is None:
            continue
        offset, size = int(data.get("offset", "0")), int(data.get("size", "0"))
        if offset < 0 or size < 0 or offset + size > n_bytes:
            refuse(where, f"the weights {shown(name)} lie beyond the end of its .bin: the two "
                   "files do not belong together, or one is cut off.")  # fmt: skip
        sides = [int(side) for side in data.get("shape", "").split(",") if side.strip()]
        n = check_tensor(sides, where, name)
        wide = _BYTES.get(data.get("element_type", ""))
        if wide is not None and n * wide != size:
            refuse(where, f"the weights {shown(name)} have {size:,} bytes, and {n:,} numbers need "
                   f"{n * wide:,}.")  # fmt: skip
