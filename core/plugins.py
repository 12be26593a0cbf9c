"""What installed packages bring: entry points of the groups ``pellucid.…``, loaded when asked for.

A package declares them in its ``pyproject.toml``::

    [project.entry-points."pellucid.methods"]
    ripple = "my_package.ripple:Ripple"

One that is broken takes nothing down: it is left out, the log has its traceback, and its text says
what is wrong and whose it is.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from core.errors import PluginError
from core.logfile import log_failure

__all__ = ["GROUPS", "Plugin", "plugins"]

GROUPS = (
    "pellucid.models", "pellucid.methods", "pellucid.metrics", "pellucid.attacks",
    "pellucid.datasets", "pellucid.modalities", "pellucid.targets",
)  # fmt: skip

_HEAVY = ("tensorflow", "keras", "openvino")
"""What takes seconds and hundreds of megabytes to import, and is for workers alone."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Plugin:
    """One entry point.

    Parameters
    ----------
    group, name : str
        ``"pellucid.methods"``, and what the package calls the entry.
    target : str
        Where it lies, ``"module:name"``.
    package, version : str
        What was installed; ``""`` where the entry point belongs to nothing installed.
    """

    group: str
    name: str
    target: str
    package: str
    version: str
    load: Callable[[], Any]

    def checked(self, take: Callable[[Any], None]) -> PluginError | None:
        """Load it and hand it to ``take``; return the error, or ``None`` if it was taken.

        ``take`` raises :class:`~core.errors.PluginError` for what it cannot use.
        """
        before = _heavy()
        try:
            take(self.load())
        except PluginError as error:
            return self._refused(str(error))
        except (Exception, SystemExit) as error:  # a stranger's code may raise anything
            log_failure(f"The plug-in {self.name} of {self.package} cannot be loaded")
            first = (str(error).splitlines() or [""])[0]
            return self._refused(
                f"{type(error).__name__}: {first}" if first else type(error).__name__
            )
        if loaded := sorted(_heavy() - before):
            _log.warning(
                "The plug-in %r of %s loads %s when it is imported, in every page's process too: "
                "it should be imported by the function that computes.",
                self.name, self.package or self.target, ", ".join(loaded),
            )  # fmt: skip
        return None

    def _refused(self, why: str) -> PluginError:
        whose = f"{self.package} {self.version}" if self.package else "a package"
        return PluginError(
            f"The plug-in {self.name!r} of {whose} ({self.group}: {self.target}) cannot be used: "
            f"{why.rstrip('.')}. Mend or uninstall {self.package or 'the package'}."
        )


def _heavy() -> set[str]:
    return {name for name in _HEAVY if name in sys.modules}


def plugins(group: str) -> tuple[Plugin, ...]:
    """Return the entry points of a group, sorted by package and name; nothing is loaded."""
    found = (_plugin(point) for point in entry_points(group=group))
    return tuple(sorted(found, key=lambda plugin: (plugin.package, plugin.name)))


def _plugin(point: EntryPoint) -> Plugin:
    package, version = ("", "") if point.dist is None else (point.dist.name, point.dist.version)
    return Plugin(point.group, point.name, point.value, package, version, point.load)
