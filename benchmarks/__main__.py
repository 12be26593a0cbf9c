"""Run every benchmark in a process of its own and write ``benchmarks/RESULTS.md``.

``python -m benchmarks [NAME…] [--repeats N] [--quick]``; with names, only their sections are
written anew (:data:`BY_NAME`: those that take an hour or more). Each section says when and where it
was measured.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.base import Options, Row, rows_from, table
from benchmarks.machine import machine
from benchmarks.workload import ROOT, use_home

RESULTS = Path(__file__).with_name("RESULTS.md")
TITLES = {
    "versus_tf_keras_vis": "Maps against tf-keras-vis",
    "versus_xplique": "Maps against Xplique",
    "versus_openvino_xai": "Maps without gradients against OpenVINO XAI",
    "versus_shap": "Shapley values against shap",
    "integrated_gradients": "Passes of integrated gradients",
    "evidence_speed": "Evidence against its bare passes",
    "evidence_versus_xplique": "Evidence against Xplique",
    "adaptive_sampling": "RISE with adaptive masks",
    "method_overhead": "Methods against their bare passes",
    "engine_overhead": "Through engine and store",
    "batch_prediction": "Batched prediction",
    "training_neighbour": "Beside a training",
    "peak_memory": "Peak memory",
    "leaderboard_memory": "A leaderboard over 200 pictures",
    "control_rates": "How often maps beat the controls",
    "page_reruns": "The page under 50 sessions",
    "forward_runtimes": "Runtimes of the forward pass",
    "datasets": "Datasets",
    "training_head": "A new head against keras fit",
    "training_pipeline": "The training loop",
    "compression": "Smaller models",
    "fairness_versus_fairlearn": "Fairness against Fairlearn",
    "fairness_scale": "Fairness of ten million rows",
    "robustness_attacks": "Attacks against ART and Foolbox",
    "robustness_defaults": "The default attacks against the best of four",
    "corruption_speed": "Corruptions",
    "training_cifar": "Training on CIFAR-10",
    "own_models": "Models of one's own",
}
BY_NAME = ("training_cifar",)
"""Sections that take an hour or more: measured only when they are named."""
_INTRODUCTION = (
    "Written by `make bench` (`python -m benchmarks`). Medians; rival timings alternate within one "
    "run. The ratio is what the target speaks of: how many times faster where it says ≥, the "
    "share of the peer's cost where it says ≤. Rows without a target are for information."
)


@dataclass(frozen=True, slots=True)
class Section:
    """What one benchmark said; ``failure`` if it did not come to its end."""

    title: str
    rows: list[Row]
    failure: str = ""

    @property
    def text(self) -> str:
        """The section as Markdown."""
        body = f"✗ {self.failure}" if self.failure else table(self.rows)
        when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
        return f"## {self.title}\n\n{when}. {machine()}.\n\n{body}\n"

    @property
    def missed(self) -> list[str]:
        """Claims that were not met."""
        if self.failure:
            return [f"{self.title}: {self.failure}"]
        return [row.claim for row in self.rows if row.passed is False]


def main() -> int:
    """Run what the command line names; return 1 if a claim was not met."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(TITLES))
    parser.add_argument("--repeats", type=int, default=Options().repeats)
    parser.add_argument("--quick", action="store_true", help="few repeats: does it work at all?")
    given = parser.parse_args()
    if unknown := set(given.names) - TITLES.keys():
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; known: {', '.join(TITLES)}")
    use_home()
    options = ["--repeats", str(given.repeats), *(["--quick"] if given.quick else [])]
    missed: list[str] = []
    for name in given.names or [name for name in TITLES if name not in BY_NAME]:
        section = _section(name, options)
        missed += section.missed
        if not given.quick:  # after each, so that a run that is cut off loses one
            RESULTS.write_text(_document(section), encoding="utf-8")
    print("\n".join(["Not met:", *missed]) if missed else "Every claim was met.")
    return 1 if missed else 0


def _section(name: str, options: list[str]) -> Section:
    print(f"\n{TITLES[name]} …", flush=True)
    with tempfile.TemporaryDirectory(prefix="pellucid-bench-") as folder:
        rows = Path(folder) / "rows.json"
        command = [sys.executable, "-m", f"benchmarks.{name}", "--rows", str(rows), *options]
        done = subprocess.run(command, cwd=ROOT, check=False)
        if done.returncode != 0:
            return Section(TITLES[name], [], f"ended with an error (exit {done.returncode})")
        return Section(TITLES[name], rows_from(json.loads(rows.read_text())))


def _document(new: Section) -> str:
    """Return the file with one section written anew."""
    parts = RESULTS.read_text(encoding="utf-8").split("\n## ")[1:] if RESULTS.exists() else []
    texts = {part.splitlines()[0]: f"## {part.rstrip()}\n" for part in parts}
    texts[new.title] = new.text
    kept = [texts[title] for title in TITLES.values() if title in texts]
    claims = [line for text in kept for line in text.splitlines() if line.startswith("|")]
    met, not_met = (sum(f"| {mark} |" in line for line in claims) for mark in "✓✗")
    head = f"# Benchmarks\n\n{_INTRODUCTION}\n\n{met} of {met + not_met} claims met.\n\n"
    return head + "\n".join(kept)


if __name__ == "__main__":
    sys.exit(main())
