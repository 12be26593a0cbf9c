"""What ``pyproject.toml`` cannot say: the wheel needs ``requirements.txt``, less pytest."""

from pathlib import Path

from setuptools import setup

lines = Path(__file__).with_name("requirements.txt").read_text(encoding="utf-8").splitlines()
needed = [line for line in lines if line and not line.startswith(("#", "pytest"))]

setup(install_requires=needed)
