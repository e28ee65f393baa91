"""Which of the watched values is drawn: its name, and who has it."""

from __future__ import annotations

from rocketgui.model.formatting import harmless
from rocketgui.model.process import Process
from rocketgui.model.run import Run

#: Seconds after which a run without a number is said to have none.
_PATIENCE_S = 1.5
#: How many letters of a name a heading shows; the tooltip has all of it.
_LETTERS = 24


def name_of(run: Run, expected: tuple[str, ...] | None = None) -> str:
    """The name of the value that is drawn; empty if a user's program has shown none yet. Before the first launch, the
    first of the watched values that are `expected` of a user's program."""
    if run.program is None and expected is not None:
        return expected[0] if expected else ""
    return "" if run.is_script and not run.names else run.watch


def shortened(text: str, letters: int = _LETTERS) -> str:
    """A text of at most `letters` characters; a longer text is cut in its middle."""
    if len(text) <= letters:
        return text
    end = (letters - 1) // 3
    return f"{text[: letters - 1 - end]}…{text[len(text) - end :]}"


def is_drawn(process: Process, name: str) -> bool:
    """Whether a process has a curve: workers do, and the program itself once its value has changed."""
    value = process.values.get(name)
    if value is None or process.kind == "helper":
        return False
    return process.worker_index is not None or value.first != value.last


def drawn(run: Run) -> list[Process]:
    """The processes that have a curve, or will have one: the workers; the program itself once its value has changed."""
    root = run.root
    if run.is_script and root is not None and is_drawn(root, run.watch):
        return [*run.workers, root]
    return run.workers


def nothing_drawn(run: Run) -> str:
    """The sentence in place of curves, if a user's program has shown no number; else empty."""
    program = run.program
    if program is None or not run.is_script or (run.is_live and run.end_ns < _PATIENCE_S * 1e9):
        return ""
    if run.ended is not None and run.ended.ended == "failed":
        return "The program failed; Output says why."
    if program.watch:
        return f"No process has a number named {shortened(harmless(run.watch), 48)}."
    return "Nothing to draw: name a value with Watch."
