"""The built-in programs: plain Python that knows nothing of rocketgui and runs on its own.

`rocket.py` is the first of them as a file; `variants.source` writes all of them.
"""

from pathlib import Path

ROCKET = Path(__file__).resolve().parent / "rocket.py"
