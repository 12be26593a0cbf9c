"""Pellucid's library: explain image models and say how far the explanation can be trusted.

Start at :mod:`core.api`.
"""

__version__ = "0.4.0"
