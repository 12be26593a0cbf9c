"""Settings from the environment: every ``PELLUCID_*`` variable, in one place."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from core import numerals
from core.errors import InputError
from core.files import resolved, spelled_out

__all__ = ["Settings", "settings"]


_BOUNDS: dict[str, tuple[float, float]] = {
    "cache_gb": (0.001, 1e6),
    "worker_memory_gb": (0.5, 1e5),
    "max_upload_mb": (0.001, 1e5),
    "max_megapixels": (0.001, 1e5),
    "dataset_memory_gb": (0, 1e5),
    "fairness_memory_gb": (0.1, 1e5),
}
"""From where to where a setting's number may lie; a seed is a whole number from 0."""


class Settings(BaseSettings):
    """What a user may configure; the README's table is made from these fields."""

    model_config = SettingsConfigDict(env_prefix="PELLUCID_", frozen=True, extra="ignore")

    home: Path = Field(
        default=Path("~/.cache/pellucid"), description="Folder of the store, locks and weights."
    )
    cache_gb: float = Field(
        default=5.0, description="Size cap of the store; the least recently used entries go."
    )
    device: Literal["auto", "cpu", "gpu"] = Field(
        default="auto", description="Where models run; auto takes a GPU if TensorFlow sees one."
    )
    forward: Literal["auto", "tensorflow"] = Field(
        default="auto",
        description="Runtime of forward-only passes; tensorflow switches OpenVINO off.",
    )
    scheduler: str = Field(
        default="", description="Address of a Dask cluster (tls://host:port); empty: local workers."
    )
    tls_ca: Path | None = Field(default=None, description="CA file of that cluster (PEM).")
    tls_cert: Path | None = Field(default=None, description="Client certificate (PEM).")
    tls_key: Path | None = Field(default=None, description="Client key (PEM).")
    worker_memory_gb: float = Field(
        default=6.0, description="Memory at which a local worker is restarted."
    )
    max_upload_mb: float = Field(default=25.0, description="Cap on a picture file's bytes.")
    max_megapixels: float = Field(
        default=50.0, description="Cap on a picture's pixels, checked before decoding."
    )
    dataset_memory_gb: float = Field(
        default=1.0,
        description="Pictures of a training held decoded in memory; beyond it the disk is used.",
    )
    fairness_memory_gb: float = Field(
        default=1.0,
        description="Memory in which prediction tables are counted; beyond it the disk is used.",
    )
    datasets: str = Field(
        default="",
        description="Datasets that the dashboard offers besides its own, comma-separated: "
        "folder:/path, cifar10:/path.tar.xz.",
    )
    bring: Literal["loopback", "everyone", "nobody"] = Field(
        default="loopback",
        description="Who may bring models on the Models page: visitors on this machine, all, none.",
    )
    trackers: str = Field(
        default="tensorboard",
        description="Who takes down trainings, comma-separated: tensorboard, mlflow, wandb.",
    )
    gallery: Path | None = Field(
        default=None,
        description="Reference pictures of the dashboard: a folder of class folders, or with "
        "metadata.csv.",
    )
    seed: int = Field(default=0, description="Seed of every random draw, unless one is given.")

    @field_validator("home", "gallery", "tls_ca", "tls_cert", "tls_key", mode="before")
    @classmethod
    def _unset(cls, given: object, info: ValidationInfo) -> object:
        """Take a variable that is set to nothing as one that is not set, not as this folder."""
        if isinstance(given, str) and not given.strip():
            return cls.model_fields[str(info.field_name)].default
        return given

    @field_validator("home")
    @classmethod
    def _own_folder(cls, given: Path) -> Path:
        """Refuse the folder that a command happens to be run in: it would be closed to others."""
        if resolved(given) == Path.cwd():
            raise ValueError(
                "this is the folder that you are in, which would be filled and closed to others. "
                "Expected a folder of its own, such as ~/.cache/pellucid."
            )
        if spelled_out(given).parts[0].startswith("~"):
            raise ValueError(
                f"there is no user {given.parts[0][1:]!r}, whose folder this would be."
            )
        return given

    @field_validator("seed", *_BOUNDS, mode="before")
    @classmethod
    def _read(cls, given: object, info: ValidationInfo) -> float:
        """Read a number as every address and option is read (:mod:`core.numerals`)."""
        if info.field_name not in _BOUNDS:
            return numerals.whole(given, 0)
        return numerals.number(given, *_BOUNDS[info.field_name])

    @property
    def root(self) -> Path:
        """The home folder with ``~`` expanded."""
        return spelled_out(self.home)


@lru_cache(maxsize=1)
def settings() -> Settings:
    """Return the settings of this process (read once; tests call ``settings.cache_clear()``).

    Raises
    ------
    InputError
        If a variable holds what it may not; the text names the variable.
    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = f"PELLUCID_{first['loc'][0]}".upper()
        said = str(first.get("ctx", {}).get("error", "")) or f"{first['msg']}."
        raise InputError(f"{name}={numerals.excerpt(first['input'])}: {said}") from error
