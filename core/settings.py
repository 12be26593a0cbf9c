"""Settings from the environment: every ``PELLUCID_*`` variable, in one place."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.errors import InputError

__all__ = ["Settings", "settings"]


class Settings(BaseSettings):
    """What a user may configure; the README's table is made from these fields."""

    model_config = SettingsConfigDict(env_prefix="PELLUCID_", frozen=True, extra="ignore")

    home: Path = Field(
        default=Path("~/.cache/pellucid"), description="Folder of the store, locks and weights."
    )
    cache_gb: float = Field(
        default=5.0, gt=0, description="Size cap of the store; the least recently used entries go."
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
        default=6.0, gt=0.5, description="Memory at which a local worker is restarted."
    )
    max_upload_mb: float = Field(default=25.0, gt=0, description="Cap on a picture file's bytes.")
    max_megapixels: float = Field(
        default=50.0, gt=0, description="Cap on a picture's pixels, checked before decoding."
    )
    dataset_memory_gb: float = Field(
        default=1.0,
        gt=0,
        description="Pictures of a training held decoded in memory; beyond it the disk is used.",
    )
    fairness_memory_gb: float = Field(
        default=1.0,
        gt=0.1,
        description="Memory in which prediction tables are counted; beyond it the disk is used.",
    )
    datasets: str = Field(
        default="",
        description="Datasets that the dashboard offers besides its own, comma-separated: "
        "folder:/path, cifar10:/path.tar.xz.",
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
    seed: int = Field(
        default=0, ge=0, description="Seed of every random draw, unless one is given."
    )

    @property
    def root(self) -> Path:
        """The home folder with ``~`` expanded."""
        return self.home.expanduser()


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
        raise InputError(f"{name}={first['input']!s}: {first['msg']}.") from error
