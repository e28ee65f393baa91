"""The built-in programs: plain Python files that know nothing of rocketgui and run on their own."""

from pathlib import Path

ROCKET = Path(__file__).resolve().parent / "rocket.py"
