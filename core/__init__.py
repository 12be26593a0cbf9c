"""Pellucid's library: explain image models and say how far the explanation can be trusted.

Start at :mod:`core.api`.
"""

import sys

# OpenVINO would tell an analytics service of each import and conversion, unasked, from a process
# that it starts for it. Without this package it tells nobody, and starts faster.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]

__version__ = "0.4.0"
