"""The toy package installed as pip would, for processes and servers that tests start."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

__all__ = ["HERE", "ROOT", "installed"]

HERE = Path(__file__).parent / "signal"
ROOT = HERE.parents[2]


def installed(site: Path, home: Path) -> dict[str, str]:
    """Install the package into ``site``; return the environment of a process that finds it."""
    shutil.copy(HERE / "toy_signal.py", site)
    about = site / "toy_signal-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-signal\nVersion: 1.0\n")
    shutil.copy(HERE / "entry_points.txt", about)
    paths = os.pathsep.join([str(ROOT), str(site)])
    return {**os.environ, "PYTHONPATH": paths, "PELLUCID_HOME": str(home)}
