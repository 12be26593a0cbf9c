"""The command line. ``--json`` prints one JSON object on stdout; everything else goes to stderr.

Each room keeps its commands in ``cli``; importing that adds them.

Exit status: 0 done; 2 the caller's mistake, one line that says how to mend it; 1 our fault.
"""

from __future__ import annotations

import contextlib
import logging
import re
import sys
from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated, Any

import typer
from typer.exceptions import TyperException
from typer.main import get_command

import core.calibration.cli
import core.comparison.cli
import core.compression.cli
import core.concepts.cli
import core.data.cli.datasets
import core.evidence.cli
import core.evidence.counterfactual.cli
import core.evidence.leaderboard.cli
import core.fairness.cli.commands
import core.models.cli.predict
import core.models.cli.zoo
import core.own_models.cli
import core.robustness.certificates.cli
import core.robustness.cli
import core.robustness.corruptions.cli
import core.robustness.explanation_drift.cli
import core.saliency.cli
import core.server.cli
import core.shapley.cli
import core.store.cli
import core.training.cli
from core import __version__
from core.errors import InputError, PellucidError
from core.logfile import log_failure, log_path
from core.terminal.once import RootGroup
from core.terminal.options import app, printable

__all__ = ["app", "main"]


_LONG, _KEPT = re.compile(r"\S{300,}"), 80
"""What is no word and no path that anybody reads to its end."""
_RAISED = ": Value error, "
"""What the parser's library puts before the text of an error that a reader of values raised."""


def _version(wanted: bool) -> None:
    if wanted:
        print(f"pellucid {__version__}", file=sys.__stdout__)
        raise typer.Exit


@app.callback(cls=RootGroup)
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Open up image models."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its status; without arguments it says what there is."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(message)s")
    # Libraries print to stdout (Keras' downloads do); only the result may.
    with contextlib.redirect_stdout(sys.stderr):
        sys.exit(_run(list(sys.argv[1:] if arguments is None else arguments) or ["--help"]))


@lru_cache(maxsize=1)
def _command() -> Any:
    """Return what Typer makes of the signatures of all commands: once, however many lines run."""
    return get_command(app)


def _run(arguments: Sequence[str]) -> int:
    try:
        status = _command()(args=list(arguments), standalone_mode=False)
    except InputError as error:
        return _fail(str(error), 2)
    except TyperException as error:
        return _fail(error.format_message().replace(_RAISED, ": ", 1), 2)
    except PellucidError as error:
        return _fail(str(error), 1)
    except (KeyboardInterrupt, typer.Abort):
        return _fail("Stopped.", 130)
    except OSError as error:
        return _fail(f"{error.filename or 'A file'}: {error.strerror or error}.", 1)
    except Exception as error:
        # The last net: a traceback helps nobody who typed a command, and is kept for who does.
        log_failure("A command failed")
        return _fail(
            f"Something went wrong inside Pellucid ({type(error).__name__}). The details are in "
            f"{log_path()}.",
            1,
        )
    return status if isinstance(status, int) else 0


def _fail(message: str, status: int) -> int:
    line = _LONG.sub(lambda found: f"{found[0][:_KEPT]}…", " ".join(message.split()))
    print(f"error: {printable(line)}", file=sys.stderr)
    return status
