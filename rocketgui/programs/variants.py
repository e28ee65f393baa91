"""Writes the built-in program: plain Python, for each combination of what workers are, do and count.

Every line of what comes out is what a teacher would write on a board, so the pieces here are the program's own lines,
and nothing in them knows of rocketgui.
"""

from __future__ import annotations

import textwrap

from rocketgui.protocol.variant import Variant


def source(variant: Variant, workers: int, limit: int) -> str:
    """The program's text; run without arguments, it does what is asked for here."""
    parts: type[_Parts] = _Processes if variant.in_processes else _Threads
    if variant.run_as == "sub-interpreters":
        parts = _Interpreters
    return parts(variant).text(workers, limit)


class _Parts:
    """The pieces that all programs have, in their order."""

    title = ""
    told = ""
    imports: tuple[str, ...] = ()
    imports_from: tuple[str, ...] = ()
    has_start_method = False

    def __init__(self, variant: Variant) -> None:
        self.variant = variant
        self.private = variant.variable == "private"
        self.locked = variant.variable == "locked"

    def text(self, workers: int, limit: int) -> str:
        options = f"--workers {workers} --limit {limit}" + " --start-method spawn" * self.has_start_method
        names = {"argparse", "sys", *self.imports}
        names.update(["os"] * self.variant.pinned + ["time"] * (self.variant.work == "sleep"))
        imports = [f"import {name}" for name in sorted(names)] + list(self.imports_from)
        settings = [*self.globals(), f"limit = {limit:_}", f"workers = {workers}"]
        if self.has_start_method:
            method = self.variant.start_method
            named = f'"{method}"' if method else "None  # the system's own"
            settings.append(f"start_method = {named}")
        if self.variant.pinned:
            settings.append("cores = sorted(os.sched_getaffinity(0))")
        head = f'"""{self.title}\n\n    python rocket.py {options}\n\n{textwrap.fill(self.told, 120)}\n"""'
        blocks = [
            "\n".join([head, "", *imports, "", *settings]),
            self.count(),
            self.launch(),
            self.main(),
            'if __name__ == "__main__":\n    main()',
        ]
        return "\n\n\n".join(blocks) + "\n"

    def globals(self) -> list[str]:
        raise NotImplementedError

    def count(self) -> str:
        raise NotImplementedError

    def launch(self) -> str:
        raise NotImplementedError

    def main(self) -> str:
        raise NotImplementedError

    # -- pieces

    def sleep(self) -> list[str]:
        return ["    time.sleep(0.001)"] * (self.variant.work == "sleep")

    def pinned(self) -> list[str]:
        return ["os.sched_setaffinity(0, {core})  # this worker alone"] * self.variant.pinned

    def core(self) -> tuple[list[str], str]:
        """The line that chooses a worker's core, and the argument that brings it there."""
        if not self.variant.pinned:
            return [], ""
        return ["core = cores[(number - 1) % len(cores)]"], ", core"

    def last(self, said: str) -> list[str]:
        return [f'print(f"rocket in the parent: {{{said}}}")', "if not started:", '    sys.exit("none could start")']

    def options(self) -> list[str]:
        method = ['parser.add_argument("--start-method", default=start_method)']
        return [
            "global limit, workers",
            "parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])",
            'parser.add_argument("--workers", type=int, default=workers)',
            'parser.add_argument("--limit", type=int, default=limit)',
            *(method * self.has_start_method),
            "options = parser.parse_args()",
            "workers, limit = options.workers, options.limit",
        ]


def _function(head: str, *lines: str) -> str:
    return head + "\n" + textwrap.indent("\n".join(lines), "    ")  # blank lines stay blank


class _Processes(_Parts):
    imports = ("multiprocessing",)
    has_start_method = True

    def __init__(self, variant: Variant) -> None:
        super().__init__(variant)
        self.in_turn = variant.run_as == "one-after-another"
        self.title = "Rockets that count at the same time, each in a process of its own."
        if self.in_turn:
            self.title = "Rockets that count one after another, each in a process of its own."
        else:
            self.imports_from = ("from multiprocessing.connection import wait",)
        if self.private:
            self.told = (
                "Every process has its own `rocket`. Counting in one changes nothing in the others, nor in the parent."
            )
        elif self.locked:
            self.told = (
                "All processes count one `rocket` in shared memory, and each takes its lock for every count: none is "
                "lost."
            )
        else:
            self.told = (
                "All processes count one `rocket` in shared memory without a lock. To count is to read, add and write: "
                "where two do it at once, one count is lost."
            )

    def globals(self) -> list[str]:
        if self.private:
            return ["rocket = 0"]
        return ["rocket = None  # shared by all processes, see main()", "attempts = 0"]

    def count(self) -> str:
        if self.private:
            about = '"""What each worker runs: count this process\'s own rocket up to the limit."""'
            names, arguments, taken = "rocket, limit", "name, to", ["limit = to"]
            loop = ["while rocket < limit:", *self.sleep(), "    rocket += 1"]
        else:
            about = '"""What each worker runs: try `limit` times to count the shared rocket."""'
            names, arguments, taken = "rocket, attempts, limit", "name, shared, to", ["rocket, limit = shared, to"]
            add = (
                ["    with rocket.get_lock():", "        rocket.value += 1"]
                if self.locked
                else ["    rocket.value += 1"]
            )
            loop = ["while attempts < limit:", *self.sleep(), "    attempts += 1", *add]
        _, core = self.core()
        return _function(
            f"def count({arguments}{core}):",
            about,
            f"global {names}",
            *taken,
            *self.pinned(),
            'print(f"start {name}", flush=True)',
            *loop,
            'print(f"end {name}", flush=True)',
        )

    def launch(self) -> str:
        chosen, core = self.core()
        arguments = "name, limit" if self.private else "name, rocket, limit"
        return _function(
            "def launch(number):",
            '"""Start func1, func2, ... in a process of its own."""',
            'name = f"func{number}"',
            *chosen,
            f"process = multiprocessing.Process(target=count, name=name, args=({arguments}{core}))",
            "process.start()",
            "return process",
        )

    def options(self) -> list[str]:
        lines = super().options()
        names = "limit, workers" if self.private else "rocket, limit, workers"
        lines[0] = f"global {names}"
        lines.append("multiprocessing.set_start_method(options.start_method)")
        if not self.private:
            lines.append(f'rocket = multiprocessing.Value("q", 0{"" if self.locked else ", lock=False"})')
        return lines

    def main(self) -> str:
        said = "rocket" if self.private else "rocket.value"
        refused = [
            "except (OSError, EOFError) as error:  # EOFError: the fork server could not fork, and ended",
            '    print(f"func{len(started) + 1} cannot start: {error}", file=sys.stderr)',
            "    workers = len(started)",
        ]
        if self.in_turn:
            rest = [
                "started = []",
                "while len(started) < workers:  # `workers` may have grown in the meantime",
                "    try:",
                "        started.append(launch(len(started) + 1))",
                "        started[-1].join()  # the next one starts when this one has ended",
                *("    " + line for line in refused),
            ]
        else:
            rest = [
                "started = []",
                "running = []",
                "while running or len(started) < workers:",
                "    while len(started) < workers:  # `workers` may have grown in the meantime",
                "        try:",
                "            started.append(launch(len(started) + 1))",
                *("        " + line for line in refused),
                "    running = [process.sentinel for process in started if process.is_alive()]",
                "    wait(running, timeout=0.05)",
                "for process in started:",
                "    process.join()",
            ]
        return _function("def main():", *self.options(), "", *rest, *self.last(said))


class _Threads(_Parts):
    target, arguments, comma = "count", "name", ","
    where = "of its own"
    title = "Rockets that count in threads of one process."
    imports = ("threading",)

    def __init__(self, variant: Variant) -> None:
        super().__init__(variant)
        if self.private:
            self.told = (
                "All threads share the globals of the process, so each keeps a `rocket` of its own on its thread "
                "object. They take turns: one interpreter runs Python code of one thread at a time, if it has a GIL."
            )
        elif self.locked:
            self.told = "All threads count one global `rocket`, and each takes a lock for every count: none is lost."
        else:
            self.told = (
                "All threads count one global `rocket` without a lock. To count is to read, add and write: where "
                "another thread comes in between, one count is lost."
            )

    def globals(self) -> list[str]:
        return ["rocket = 0", *(["lock = threading.Lock()"] * self.locked)]

    @property
    def mine(self) -> str:
        return "rocket" if self.private else "attempts"

    def count(self) -> str:
        about = "count this thread's own rocket up to the limit" if self.private else "try to count the shared rocket"
        add = ["    with lock:", "        rocket += 1"] if self.locked else ["    rocket += 1"]
        _, core = self.core()
        return _function(
            f"def count(name{core}):",
            f'"""What each worker runs: {about}{"" if self.private else ", `limit` times"}."""',
            *(["global rocket"] * (not self.private)),
            "me = threading.current_thread()",
            *self.pinned(),
            'print(f"start {name}", flush=True)',
            f"while me.{self.mine} < me.limit:",
            *self.sleep(),
            f"    me.{self.mine} += 1",
            *(add * (not self.private)),
            'print(f"end {name}", flush=True)',
        )

    def own(self) -> list[str]:
        return [f"thread.{self.mine}, thread.limit = 0, limit  # its own: a global belongs to all threads"]

    def launch(self) -> str:
        chosen, core = self.core()
        return _function(
            "def launch(number):",
            f'"""Start func1, func2, ... in a thread {self.where}."""',
            'name = f"func{number}"',
            *chosen,
            f"thread = threading.Thread(target={self.target}, name=name, args=({self.arguments}{core or self.comma}))",
            *self.own(),
            "thread.start()",
            "return thread",
        )

    def main(self) -> str:
        return _function(
            "def main():",
            *self.options(),
            "",
            "started = []",
            "running = []",
            "while running or len(started) < workers:",
            "    while len(started) < workers:  # `workers` may have grown in the meantime",
            "        try:",
            "            started.append(launch(len(started) + 1))",
            "        except RuntimeError as error:",
            '            print(f"func{len(started) + 1} cannot start: {error}", file=sys.stderr)',
            "            workers = len(started)",
            "    running = [thread for thread in started if thread.is_alive()]",
            "    if running:",
            "        running[0].join(timeout=0.05)",
            "for thread in started:",
            "    thread.join()",
            *self.last("rocket"),
        )


class _Interpreters(_Threads):
    target, arguments, comma = "fly", "name, limit", ""
    where = "with its own interpreter"
    title = "Rockets that count in interpreters of their own, in one process."
    imports_from = ("from concurrent import interpreters",)

    def __init__(self, variant: Variant) -> None:
        super().__init__(variant)
        self.told = (
            "Every interpreter has its own `rocket`, and its own GIL: they count at the same time, as processes do. "
            "A thread of the one process calls each."
        )

    def globals(self) -> list[str]:
        return ["rocket = 0"]

    def count(self) -> str:
        _, core = self.core()
        counted = _function(
            f"def count(name, to{core}):",
            '"""What each worker runs: count this interpreter\'s own rocket up to the limit."""',
            "global rocket, limit",
            "limit = to",
            *self.pinned(),
            'print(f"start {name}", flush=True)',
            "while rocket < limit:",
            *self.sleep(),
            "    rocket += 1",
            'print(f"end {name}", flush=True)',
        )
        flown = _function(
            f"def fly(name, to{core}):",
            '"""What each thread runs: count() in an interpreter of its own."""',
            "interpreter = interpreters.create()",
            f"interpreter.call(count, name, to{core})",
            "interpreter.close()",
        )
        return f"{counted}\n\n\n{flown}"

    def own(self) -> list[str]:
        return []
