"""Pellucid sends nothing to anybody, and neither does a library in its name."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CODE = """
import json, sys
heard = []
def hook(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.fork",
                 "os.posix_spawn"):
        heard.append(f"{event} {arguments!r:.200}")
sys.addaudithook(hook)
from core import api
import openvino as ov
from openvino import opset13 as op
import numpy as np
x = op.parameter([1, 3], np.float32)
folder = sys.argv[1]
ov.save_model(ov.Model([op.relu(x)], [x]), folder + "/m.xml")
import keras
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
model.export(folder + "/saved", format="tf_saved_model", verbose=False)
ov.convert_model(folder + "/saved")
print(json.dumps([heard, sorted(m for m in sys.modules if "telemetry" in m and sys.modules[m])]))
"""


def test_openvino_tells_nobody_that_it_was_imported_or_asked(tmp_path: Path) -> None:
    """It would send each import and each conversion to an analytics service, unasked."""
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(tmp_path)], cwd=ROOT, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    heard, loaded = json.loads(done.stdout.splitlines()[-1])
    assert [each for each in heard if "uname" not in each] == []  # of the standard library
    assert not [name for name in loaded if name.startswith("openvino_telemetry")]
