"""Endings of files that hold a whole model, for sentences and for people who choose files."""

from __future__ import annotations

from core.models.reading.formats import GRAPHS

__all__ = ["FORMATS", "MODEL_SUFFIXES"]

FORMATS = (".keras", ".h5", *(each.ending for each in GRAPHS.own.values()))
"""In words. What is inside a file decides, whatever it is called."""
MODEL_SUFFIXES = (*(each for each in FORMATS if each.startswith(".") and " " not in each), ".zip")
"""Of single files that hold a whole model; a zip holds an OpenVINO model or a SavedModel."""
