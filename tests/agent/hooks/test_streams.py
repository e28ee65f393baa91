"""What the recorder notes of what is printed: each line, or how many were left out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rocketgui.agent.hooks import streams
from tests.agent.conftest import Script
from tests.helpers import Observed, this_python


class Printing:
    """A recorder, and streams that it listens to; `count` is what it noted and left out."""

    def __init__(self, threads: Callable[[], int] = lambda: 0) -> None:
        self.count = 0
        self.seen: list[tuple[str, int, str]] = []
        self.errors: list[Exception] = []
        self.recorder = streams.Recorder(self._note, self.errors.append, threads)
        self.write = {name: self.recorder._writer(name, len) for name in ("stdout", "stderr")}

    def _note(self, t_ns: int, stream: str, thread: int, lines: Sequence[str], dropped: int) -> None:
        self.count += len(lines) + dropped
        self.seen += [(stream, thread, line) for line in lines]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["stdout", "stderr"]), st.text("ab\n", max_size=12), st.integers(1, 3000)),
        st.just(("tick", "", 1)),
    ),
    max_size=25,
)


@given(steps=STEPS)
def test_lines_are_seen_or_counted(steps: list[tuple[str, str, int]]) -> None:
    """However many there are, from whichever stream, and whenever the sampling thread has its turn."""
    printing = Printing()
    printed = 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streams, "MOST_PIECES", 64)
        patch.setattr(streams, "MOST_TEXT", 500)
        patch.setattr(streams, "MORE_TEXT", 100)
        for step, text, times in steps:
            if step == "tick":
                printing.recorder.tick()
                continue
            for _ in range(times % 200):
                printing.write[step](text + "\n")
                printed += text.count("\n") + 1
        printing.recorder.flush()
    assert printing.errors == []
    assert printing.count == printed


def test_a_flood_without_a_turn_of_the_sampling_thread_is_counted() -> None:
    """What is put together meanwhile keeps the number of the lines that were left out of it."""
    printing = Printing()
    for number in range(100_000):
        printing.write["stdout"](f"{number}\n")
    assert len(printing.recorder._pieces) <= streams.MOST_PIECES + 1
    printing.recorder.flush()
    assert printing.seen[-1] == ("stdout", 0, "99999")
    assert printing.count == 100_000


def test_what_is_printed_after_the_end_is_noted_at_once() -> None:
    printing = Printing()
    printing.recorder.flush()
    for number in range(5):
        printing.write["stdout"](f"{number}\n")
    assert [line for _, _, line in printing.seen] == list("01234")


def test_two_threads_flood_one_stream() -> None:
    main = threading.get_ident()
    printing = Printing(lambda: int(threading.get_ident() != main))
    go = threading.Barrier(2)

    def flood() -> None:
        go.wait()
        for number in range(30_000):
            printing.write["stdout"](f"{number}\n")

    thread = threading.Thread(target=flood)
    thread.start()
    flood()
    thread.join()
    printing.recorder.flush()
    assert printing.count == 60_000


@pytest.mark.parametrize("lines", [1, 100_000])
def test_objects_that_print_when_they_die_at_the_end(script: Script, lines: int) -> None:
    program = script(
        f"""
        class Late:
            def __del__(self):
                for number in range(5):
                    print("late", number)

        late = Late()
        for number in range({lines}):
            print(number)
        """
    )
    with Observed(this_python(), [program], watch="nothing.here") as running:
        observed = running.finish()
    seen = observed.root.lines("stdout")
    assert seen[-5:] == [f"late {number}" for number in range(5)]
    assert len(seen) + observed.root.lost == lines + 5


def test_blocks_of_short_lines_make_no_record_implausible(script: Script) -> None:
    """More lines are left out than any program could note one by one."""
    program = script(
        """
        import sys

        block = "x\\n" * 32_768
        for _ in range(3_000):
            sys.stdout.write(block)
        print("last")
        """
    )
    with Observed(this_python(), [program], watch="nothing.here") as running:
        observed = running.finish()
    seen = observed.root.lines("stdout")
    assert seen[-1] == "last"
    printed = 3_000 * 32_768 + 1
    assert printed * 0.99 < len(seen) + observed.root.lost < printed * 1.01
