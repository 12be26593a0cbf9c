"""An old commit beside this checkout: the same questions to both, in turn, as ratios.

``python -m benchmarks.versus_commit COMMIT [--rounds N]``: whether a rebuilt house is slower than
the one before. Both checkouts answer the same questions through the facade, in processes of their
own that take turns, with a new home for each round; what both call the same is asked. Printed, not
written to ``RESULTS.md``: a figure against a commit says nothing a month later.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.workload import ROOT

# Asked of the facade alone, by names that have been there since 0.4.0.
_QUESTIONS = """
import json, statistics, sys, time
from core import api

repeats, found = int(sys.argv[1]), {}
cat = api.open_picture("assets/examples/cat.jpg")

def measure(name, ask, n=repeats):
    ask(0)
    seconds = []
    for i in range(1, n + 1):
        began = time.perf_counter()
        ask(i)
        seconds.append(time.perf_counter() - began)
    found[name] = statistics.median(seconds)

SEEDED = {"smoothgrad": {"samples": 8}, "rise": {"masks": 64}, "lime": {"samples": 64}}
for method in ("gradcam", "layercam", "saliency", "integrated_gradients", "smoothgrad", "occlusion",
               "rise", "lime"):
    def ask(i, method=method):
        target = str(281 + i) if method not in SEEDED else "281"
        return api.explain(cat, model="efficientnet_lite0", method=method, target=target, seed=i,
                           parameters=None if method != "occlusion" else {"stride": 32})
    measure(method, ask)
measure("gradcam, from the store", lambda i: api.explain(cat, method="gradcam", target="281"), 20)
measure("prediction, from the store", lambda i: api.predict(cat), 20)
asked = api.explanation_request(cat, method="gradcam", target="281")
measure("evidence card, seeds", lambda i: api.answer(
    api.evidence_request(api.explanation_request(cat, method="gradcam", target=str(300 + i)))), 2)
measure("partition SHAP", lambda i: api.answer(
    api.shap_request(cat, explainer="partition", top=1, seed=i)), 2)
measure("partition SHAP, from the store", lambda i: api.answer(
    api.shap_request(cat, explainer="partition", top=1, seed=0)), 20)
print(json.dumps(found))
"""


def main() -> int:
    """Print the table; the exit status says whether all went well."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.versus_commit", description=__doc__)
    parser.add_argument("commit")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pellucid-commit-") as folder:
        old = Path(folder) / "old"
        git = ["git", "-C", str(ROOT)]
        subprocess.run([*git, "worktree", "add", "-q", "--detach", old, given.commit], check=True)
        try:
            sides = {"old": old, "new": ROOT}
            found: dict[str, list[dict[str, float]]] = {"old": [], "new": []}
            for turn in range(given.rounds):
                for side in sorted(sides, reverse=bool(turn % 2)):
                    home = Path(folder) / f"{side}-{turn}"  # nothing of a round is in the store
                    found[side].append(_asked(sides[side], home, given.repeats))
        finally:
            subprocess.run([*git, "worktree", "remove", "--force", old], check=True)
    print(f"{'question':<28} {'old':>9} {'new':>9}  new ÷ old, by round")
    for name in found["old"][0]:
        before, after = ([each[name] for each in found[side]] for side in ("old", "new"))
        ratios = [b / a for a, b in zip(before, after, strict=True)]
        shown = ", ".join(f"{ratio:.2f}" for ratio in ratios)
        print(
            f"{name:<28} {1e3 * statistics.median(before):6.1f} ms "
            f"{1e3 * statistics.median(after):6.1f} ms  {statistics.median(ratios):.2f} ({shown})"
        )
    return 0


def _asked(checkout: Path, home: Path, repeats: int) -> dict[str, float]:
    environment = {**os.environ, "PELLUCID_HOME": str(home), "TF_CPP_MIN_LOG_LEVEL": "3"}
    environment.pop("PYTHONPATH", None)
    done = subprocess.run(
        [sys.executable, "-c", _QUESTIONS, str(repeats)], cwd=checkout, env=environment,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"{checkout} could not answer:\n{done.stderr[-3000:]}")
    answered: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return answered


if __name__ == "__main__":
    sys.exit(main())
