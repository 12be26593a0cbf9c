"""Every error Pellucid raises on purpose.

::

    PellucidError
    ├── InputError              the caller's mistake: exit status 2, shown as it stands
    │   ├── ImageError          bytes that are no picture we read, or too big, or too small
    │   ├── UnknownNameError    a model, method, layer or class that does not exist
    │   │   └── AmbiguousNameError   a class name that several classes share
    │   ├── ParameterError      a parameter of the wrong type or out of its range
    │   │   └── NumeralError     no number, or one out of its bounds; also a ValueError
    │   ├── PluginError         an installed package brings what cannot be used
    │   ├── ModelFileError      a file of a model that cannot be opened as what it is
    │   │   └── UnknownOperatorError      a graph's operator that is not rebuilt: no gradients
    │   ├── WeightsError        weights that are missing, of the wrong kind or do not fit
    │   ├── CapabilityError     the model lacks what the method needs
    │   └── TrainingError       a training that cannot go on: its loss diverged
    ├── Cancelled               somebody asked the work to stop
    ├── WorkerLostError         a worker process died more often than it may
    └── StoreError              the store cannot be read or written

A message says what came in, what is expected, and how to mend it. It is plain text:
whoever puts it into a page escapes it.
"""

from __future__ import annotations

__all__ = [
    "AmbiguousNameError",
    "Cancelled",
    "CapabilityError",
    "ImageError",
    "InputError",
    "ModelFileError",
    "NumeralError",
    "ParameterError",
    "PellucidError",
    "PluginError",
    "StoreError",
    "TrainingError",
    "UnknownNameError",
    "UnknownOperatorError",
    "WeightsError",
    "WorkerLostError",
]


class PellucidError(Exception):
    """Base of all; its text is made for people."""


class InputError(PellucidError):
    """The caller can mend this: the command line exits with 2."""


class ModelFileError(InputError):
    """A model's file is damaged, of a kind that is not opened, or holds code."""


class UnknownOperatorError(ModelFileError):
    """A graph holds an operator that is not rebuilt in Keras, so it has no gradients.

    Parameters
    ----------
    message : str
        The sentence; :meth:`of` makes it.
    operator, node : str
        Type and name of the operator.
    """

    def __init__(self, message: str, operator: str = "", node: str = "") -> None:
        super().__init__(message)  # alone, so that it crosses processes like all others
        self.operator, self.node = operator, node

    @classmethod
    def of(cls, operator: str, node: str, what: str = "") -> UnknownOperatorError:
        """Return the error of an operator.

        Parameters
        ----------
        operator : str
            Its type, as OpenVINO calls it.
        node : str
            Its name in the graph.
        what : str
            What of it is not known; ``""`` if nothing of it is.
        """
        why = f": {what}" if what else ""
        return cls(
            f"The operator {operator} ({node!r}) is not rebuilt in Keras{why}. Without it the "
            "model has forward passes, and no gradients.",
            operator, node,
        )  # fmt: skip


class ImageError(InputError):
    """The bytes are not a picture that Pellucid reads."""


class UnknownNameError(InputError):
    """No model, method, layer, class or example carries this name."""


class AmbiguousNameError(UnknownNameError):
    """Several classes carry this name; the text lists them."""


class PluginError(InputError):
    """An installed package brings a model, method or the like that cannot be used."""


class ParameterError(InputError):
    """A parameter is unknown, of the wrong type or out of range."""


class NumeralError(ParameterError, ValueError):
    """What came is no number, or outside its bounds.

    Parameters
    ----------
    message : str
        What was expected, and what came.
    """


class WeightsError(InputError):
    """Weights are missing, damaged, of a forbidden format or of another shape."""


class CapabilityError(InputError):
    """The model cannot do what the method asks (gradients, a feature layer)."""


class TrainingError(InputError):
    """A training cannot go on with these data and parameters; the text says what to change."""


class Cancelled(PellucidError):
    """The work stopped because nobody waits for it any more."""


class WorkerLostError(PellucidError):
    """The process that did the work died again and again."""


class StoreError(PellucidError):
    """The store's folder cannot be read or written."""
