"""What is watched: globals, other modules' globals, local variables; what is found by itself; and nothing is called."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rocketgui.agent import trace_format
from rocketgui.agent.watched_variables import is_drawn, number
from tests.agent.conftest import Script
from tests.agent.hooks.test_multiprocessing import every_python, no_trouble
from tests.helpers import START_METHODS, Cli, Observed, Python, Told, mark, read_report, this_python

__all__ = ["mark"]


def named(told: Told) -> dict[str, list[int | float]]:
    """The values in a trace buffer by their names."""
    names = {int(record.texts[0]): record.texts[1] for record in told.of(trace_format.NAME)}
    return {name: told.values(index) for index, name in names.items() if told.values(index)}


KINDS = """
    import array, collections, enum, multiprocessing, queue, sys, time, types

    class Trap:
        "Whatever is called here says so."
        def __getattribute__(self, name):
            print("called", name, flush=True)
            return object.__getattribute__(self, name)
        def __len__(self):
            print("len", flush=True)
            return 1
        def __eq__(self, other):
            print("eq", flush=True)
            return True
        __hash__ = None

    class Many(list):
        def __len__(self):
            print("len", flush=True)
            return 99

    class Number(int):
        def __eq__(self, other):
            print("eq", flush=True)
            return True
        def __int__(self):
            print("int", flush=True)
            return 1
        __hash__ = int.__hash__

    class Late(types.ModuleType):
        def __getattr__(self, name):
            print("getattr", name, flush=True)
            return 5

    class Colour(enum.IntEnum):
        RED = 4

    whole, part, big, true, colour, own = 7, 0.5, 1 << 80, True, Colour.RED, Number(3)
    some, pair, table, unique = [1, 2], (1, 2, 3), {1: 2}, {1, 2, 3, 4}
    line, fifo, shared = collections.deque([1]), queue.Queue(), multiprocessing.Queue()
    fifo.put(1)
    trap, many, text, nothing, no_number, far = Trap(), Many(), "7", None, float("nan"), float("inf")
    raw, locked = multiprocessing.Value("i", 8, lock=False), multiprocessing.Value("d", 1.5)
    late = sys.modules["late"] = Late("late")
    late.known = 6

    def work():
        here = 40
        held = Trap()
        def inner():
            nonlocal here
            here += 1
            time.sleep(0.3)
        inner()

    locked.get_lock().acquire()
    work()
    locked.get_lock().release()
"""
WATCHED = (
    "whole part big true colour own some pair table unique line fifo trap many text nothing no_number far raw locked "
    "late.known late.unknown late.known.deeper no.such work:here inner:here work:held work:nowhere nobody:here absent"
)


@every_python
def test_what_can_be_watched(python: Python, script: Script) -> None:
    with Observed(python, [script(KINDS)], watch=WATCHED.replace(" ", ",")) as observed:
        done = observed.finish()
    assert (done.code, done.stdout, done.stderr) == (0, "", "")
    no_trouble(done)
    last = {name: values[-1] for name, values in named(done.root).items()}
    assert last == {
        "whole": 7, "part": 0.5, "big": 1 << 80, "colour": 4, "own": 3, "some": 2, "pair": 3, "table": 1, "unique": 4,
        "line": 1, "fifo": 1, "raw": 8, "locked": 1.5, "late.known": 6, "true": 1, "work:here": 41, "inner:here": 41,
    }  # fmt: skip


FINDS = """
    import multiprocessing, sys, time

    rocket = 0
    still = 5
    _hidden = 0
    text = "x"

    def fly(limit, height, *, fuel):
        global rocket, _hidden
        while rocket < limit:
            rocket += 1
            _hidden += 1
            height.value += 1
            fuel.value -= 0.5
        time.sleep(0.3)
        height.value += 1

    if __name__ == "__main__":
        context = multiprocessing.get_context(sys.argv[1])
        height, fuel = context.Value("q", 0), context.Value("d", 0.0)
        total = context.Value("i", 0)
        process = context.Process(target=fly, args=(1000, height), kwargs={"fuel": fuel})
        process.start()
        process.join()
        total.value = 3
"""


@pytest.mark.parametrize("method", START_METHODS)
def test_what_changes_is_found(method: str, script: Script) -> None:
    with Observed(this_python(), [script(FINDS), method], watch="") as observed:
        done = observed.finish()
    assert (done.code, done.stdout, done.stderr) == (0, "", "")
    no_trouble(done)
    root, [child] = named(done.root), done.children
    found = named(child)
    assert found["rocket"][-1] == 1000
    assert found["height"][-1] == 1001
    assert found["fuel"][-1] == -500
    assert set(found["still"]) == {5}, "it is noted once, for who compares processes"
    assert "_hidden" not in found
    assert root["rocket"] == [0]
    assert root["total"][-1] == 3
    assert root["height"][-1] == 1001


def test_an_integer_that_grows_and_grows(script: Script, mark: str, tmp_path: Path) -> None:
    program = script(
        """
        import time
        number = 1
        for power in range(5000):
            number *= 2
            if power % 50 == 0:
                time.sleep(0.02)
        print("done")
        """
    )
    path = tmp_path / "report.json"
    with Cli(mark, "run", "--headless", "--report", str(path), program) as cli:
        assert (cli.finish(), cli.stdout) == (0, "done\n"), cli.stderr
    report = read_report(path)
    [row] = report["processes"]
    assert int(row["values"]["number"]["last"]) > 2**900
    assert [line for line in cli.stderr.splitlines() if "cannot be drawn" in line] == [
        "rocketgui: number in MainProcess has a value that cannot be drawn: beyond 1.8e308, infinite or no number. "
        "What is shown is the last one that can be."
    ]
    assert "Lost" not in cli.stderr


def test_a_main_module_with_very_many_names(script: Script) -> None:
    program = script(
        """
        import time
        globals().update({f"name{number}": number for number in range(3000)})
        time.sleep(0.2)
        name2999 = -1
        """
    )
    with Observed(this_python(), [program], watch="") as observed:
        done = observed.finish()
    no_trouble(done)
    assert len(named(done.root)) == 100


class Whole(int):
    """An integer of the program's own kind."""


class Part(float):
    """A float of the program's own kind."""


@given(st.integers() | st.floats() | st.booleans() | st.integers().map(Whole) | st.floats().map(Part))
def test_numbers_are_themselves(value: float) -> None:
    found = number(value)
    assert type(found) is (int if isinstance(value, int) else float)
    assert found == value or (found != found and value != value)


#: Integers of any size: those of Hypothesis have some hundred bits at most.
ANY_SIZE = st.builds(lambda bits, less, sign: sign * ((1 << bits) - less), st.integers(0, 100_000), st.integers(-2, 2),
                     st.sampled_from([1, -1]))  # fmt: skip


@given(st.integers() | ANY_SIZE)
def test_what_is_drawn_has_a_float(value: int) -> None:
    try:
        known = math.isfinite(float(value))
    except OverflowError:
        known = False
    # The last few integers before the next power of two are rounded down to the largest float.
    assert is_drawn(value) == known or 2**1024 - 2**970 < abs(value) < 2**1024
    assert not is_drawn(value) or len(str(value)) < 640  # what Python always writes


@given(st.floats())
def test_what_is_drawn_is_finite(value: float) -> None:
    assert is_drawn(value) == math.isfinite(value)


BEYOND = r"""
    import multiprocessing, sys, time
    if hasattr(sys, "set_int_max_str_digits"):
        sys.set_int_max_str_digits(640)

    class Whole(int):
        def __str__(self):
            print("str", flush=True)
            raise ValueError
        __repr__ = __format__ = __str__

    class Part(float):
        pass

    grows, divided, own, text = 1, 0.5, Whole(1), 5
    shared = multiprocessing.Value("d", 0.5)
    globals().update({"a\x1fb": 1, "a,b\nc\udcff": 1, "x" * 20_000: 1, "": 1})
    time.sleep(0.3)
    globals().update({"a\x1fb": 2, "a,b\nc\udcff": 2, "x" * 20_000: 2, "": 2})
    grows, divided, own = 1 << 1023, float("inf"), Part("nan")
    shared.value = float("nan")
    time.sleep(0.3)
    grows = 7 ** 100_000
    time.sleep(0.3)
    divided = grows = 3
    time.sleep(0.3)
"""


@pytest.mark.slow
@every_python
@pytest.mark.parametrize("watch", ["", "grows,divided,own,shared,a"])
def test_what_cannot_be_drawn_is_told_once_and_left_out(python: Python, watch: str, script: Script) -> None:
    with Observed(python, [script(BEYOND)], watch=watch) as observed:
        done = observed.finish()
    assert (done.code, done.stdout, done.stderr) == (0, "", "")
    no_trouble(done)
    names = {record.texts[0]: record.texts[1] for record in done.root.of(trace_format.NAME)}
    told = [names[record.texts[0]] for record in done.root.of(trace_format.NOT_DRAWN)]
    assert sorted(told) == sorted({"grows", "divided", "shared", *(["own"] if watch else [])})
    values = named(done.root)
    assert 1 << 1023 in values["grows"]
    assert (values["grows"][-1], values["divided"][-1]) == (3, 3)
    if not watch:
        assert values["a\\x1fb"][-1] == values["a,b\nc\\udcff"][-1] == values["x" * trace_format.MAX_WORD][-1] == 2


@given(st.text() | st.binary() | st.none() | st.complex_numbers())
def test_all_else_is_nothing(value: object) -> None:
    assert number(value) is None


@given(st.lists(st.integers()), st.sampled_from([list, tuple, set, frozenset]))
def test_containers_are_their_length(values: list[int], kind: type) -> None:
    container = kind(values)
    assert number(container) == len(container)
