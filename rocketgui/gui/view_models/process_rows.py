"""Which processes the table shows, in which order, and how far each is indented. Pure functions.

MainProcess          the program itself stands first
  burner             its threads follow each process, however the processes are sorted
branch-0
  leaf-0             what a process started stands below it, unless the rows are sorted
3,400 × sh           what ended long ago has no row of its own, but one for all that are alike
  sh                 those that were looked for stand below
resource_tracker     Python's own helpers stand last
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from rocketgui.model.process import Process
from rocketgui.model.run import Run

#: Deeper, rows would have no room for their names.
_DEEPEST = 4


class TableRow(NamedTuple):
    """A process or a thread in the table, and how many steps it is indented."""

    process: Process
    depth: int


class Sorting(NamedTuple):
    """What rows are sorted by: what is read of a process (None: not known), and in which direction."""

    read: Callable[[Process], Any]
    descending: bool


def rows(run: Run, sorting: Sorting | None = None, found: Sequence[Process] = ()) -> list[TableRow]:
    """All rows of the table: the program itself, what it started, and for a program of the user's all else too. `found`
    are some of those without a row of their own."""
    root = run.root
    first = [TableRow(root, 0)] if root is not None else []
    folded = [TableRow(group, 0) for group in run.folded.rows] + [TableRow(one, 1) for one in found]
    if not run.is_script:
        workers = run.workers if sorting is None else ordered(run.workers, sorting)
        return first + [TableRow(worker, 0) for worker in workers] + folded
    threads = _threads(run)
    shown = first + (_tree(run) if sorting is None else [TableRow(one, 0) for one in ordered(run.workers, sorting)])
    helpers = [TableRow(one, 0) for one in run.processes.values() if one.kind == "helper"]
    return [inner for row in shown for inner in (row, *_below(row, threads))] + folded + helpers


def _threads(run: Run) -> dict[int | None, list[Process]]:
    threads = defaultdict(list)
    for process in run.processes.values():
        if process.kind == "thread" and process.worker_index is None:
            threads[process.parent].append(process)
    return threads


def _below(row: TableRow, threads: dict[int | None, list[Process]]) -> list[TableRow]:
    return [TableRow(thread, min(row.depth + 1, _DEEPEST)) for thread in threads.get(row.process.id, ())]


def _tree(run: Run) -> list[TableRow]:
    """The processes that the program started, each followed by those that it started itself."""
    workers = run.workers
    known = {worker.id for worker in workers}
    children: dict[int | None, list[Process]] = defaultdict(list)
    for worker in workers:
        # Those of the program itself, and those whose parent is a helper or is not known, stand at the left.
        own = worker.parent in known and worker.parent != worker.id
        children[worker.parent if own else None].append(worker)
    found: list[TableRow] = []
    waiting = [TableRow(worker, 0) for worker in reversed(children[None])]
    while waiting:
        row = waiting.pop()
        found.append(row)
        waiting += [TableRow(child, min(row.depth + 1, _DEEPEST)) for child in reversed(children[row.process.id])]
    if len(found) < len(workers):  # each is said to be started by another one of them
        seen = {row.process.id for row in found}
        found += [TableRow(worker, 0) for worker in workers if worker.id not in seen]
    return found


def ordered(workers: list[Process], sorting: Sorting) -> list[Process]:
    """What is not known comes last, in either direction; of equals, the older one is first."""
    pairs = [(sorting.read(worker), worker) for worker in workers]
    known = [(value, worker) for value, worker in pairs if value is not None]
    known.sort(key=lambda pair: pair[0], reverse=sorting.descending)
    return [worker for _, worker in known] + [worker for value, worker in pairs if value is None]
