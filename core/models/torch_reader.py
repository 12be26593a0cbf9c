"""Read the tensors of a legacy PyTorch file without PyTorch and without running its code.

A ``.pth`` file is a pickle. This is the one place in the house that opens one, with an unpickler
that knows three names and refuses every other; the file comes with a package, never from a user.
"""

from __future__ import annotations

import pickle
import struct
from collections import OrderedDict
from pathlib import Path
from typing import IO, Any, ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt

from core.errors import WeightsError

__all__ = ["read_state_dict"]

_MAGIC = 0x1950A86A20F9469CFC6C
_PROTOCOL = 1001
_DTYPES: dict[str, np.dtype[Any]] = {
    "FloatStorage": np.dtype("<f4"),
    "LongStorage": np.dtype("<i8"),
}


class _Storage(NamedTuple):
    dtype: np.dtype[Any]
    key: str
    size: int


class _Tensor(NamedTuple):
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def _rebuild(storage: _Storage, offset: int, shape: Any, strides: Any, *_: Any) -> _Tensor:
    return _Tensor(storage, int(offset), tuple(shape), tuple(strides))


class _Restricted(pickle.Unpickler):
    _ALLOWED: ClassVar[dict[tuple[str, str], Any]] = {
        ("collections", "OrderedDict"): OrderedDict,
        ("torch._utils", "_rebuild_tensor_v2"): _rebuild,
        ("torch", "FloatStorage"): "FloatStorage",
        ("torch", "LongStorage"): "LongStorage",
    }

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in self._ALLOWED:
            raise WeightsError(
                f"The weights file asks for {module}.{name}; only plain tensors are read."
            )
        return self._ALLOWED[module, name]

    def persistent_load(self, pid: Any) -> _Storage:
        _, storage_type, key, _, size, *_ = pid
        return _Storage(_DTYPES[storage_type], str(key), int(size))


def _read_storage(file: IO[bytes], storage: _Storage) -> npt.NDArray[Any]:
    (size,) = struct.unpack("<q", file.read(8))
    data = file.read(size * storage.dtype.itemsize)
    if size != storage.size or len(data) != size * storage.dtype.itemsize:
        raise WeightsError(f"The weights file is cut off inside tensor storage {storage.key}.")
    return np.frombuffer(data, dtype=storage.dtype)


def _view(tensor: _Tensor, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Read a tensor out of its storage, after checking that it stays inside."""
    steps = zip(tensor.shape, tensor.strides, strict=True)
    last = tensor.offset + sum((size - 1) * stride for size, stride in steps)
    if min((tensor.offset, *tensor.strides)) < 0 or last >= values.size:
        raise WeightsError("The weights file holds a tensor that reaches outside its storage.")
    strides = [stride * values.itemsize for stride in tensor.strides]
    view = np.lib.stride_tricks.as_strided(
        values[tensor.offset :], tensor.shape, strides, writeable=False
    )
    return np.ascontiguousarray(view)


def read_state_dict(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Return the tensors of a legacy ``.pth`` file by name.

    Parameters
    ----------
    path : Path
        A state dict saved by ``torch.save`` before PyTorch 1.6 (or with the legacy format).

    Raises
    ------
    WeightsError
        If the file is of another format, damaged, or asks for anything but plain tensors.
    """
    with path.open("rb") as file:
        try:
            magic, protocol = _Restricted(file).load(), _Restricted(file).load()
            if (magic, protocol) != (_MAGIC, _PROTOCOL):
                raise WeightsError(f"{path.name} is not a legacy PyTorch file.")
            _Restricted(file).load()  # byte order and type sizes of the writer
            state: dict[str, _Tensor] = _Restricted(file).load()
            keys: list[str] = _Restricted(file).load()
        except (pickle.UnpicklingError, EOFError, KeyError, ValueError) as error:
            raise WeightsError(f"{path.name} is damaged or no PyTorch file: {error}") from error
        storages = {tensor.storage.key: tensor.storage for tensor in state.values()}
        values = {key: _read_storage(file, storages[key]) for key in keys}
    return {name: _view(tensor, values[tensor.storage.key]) for name, tensor in state.items()}
