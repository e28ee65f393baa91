"""Writes the built-in program: plain Python, for each combination of what workers are, do and count.

    resources/programs/rocket.py                  the first of them as a file
    resources/programs/processes.py.template      all lines that some variant has
    ... threads.py.template, interpreters.py.template

The programs know nothing of rocketgui, and run on their own. Every line is what a teacher would write on a board. A
line of a template that ends in `#? WORD` is only in the variants of that word.

Tested by tests/programs/test_variants.py.
"""

from __future__ import annotations

from string import Template

from rocketgui.protocol.variant import Variant
from rocketgui.resources import resource

_TEMPLATES = {"threads": "threads", "sub-interpreters": "interpreters"}
_ONLY_IF = "  #? "


def source(variant: Variant, workers: int, limit: int) -> str:
    """The program's text; run without arguments, it does what is asked for here."""
    words = {variant.run_as, variant.work, variant.variable, "shared" if variant.is_shared else "private"}
    words.add("pinned" if variant.pinned else "unpinned")
    path = resource(f"programs/{_TEMPLATES.get(variant.run_as, 'processes')}.py.template")
    lines = [line.partition(_ONLY_IF) for line in path.read_text(encoding="utf-8").splitlines()]
    text = "\n".join(line for line, _, word in lines if not word or word in words) + "\n"
    return Template(text).substitute(
        workers=workers,
        limit=limit,
        readable_limit=f"{limit:_}",
        start_method=f'"{variant.start_method}"' if variant.start_method else "None  # the system's own",
        core=", core" if variant.pinned else "",
    )
