"""Messages survive the journey unchanged, and nothing that arrives can do more harm than a BadMessage."""

from __future__ import annotations

import contextlib
import copy
import json
import os
import types
import typing
from typing import Annotated, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rocketgui.model.findings import findings
from rocketgui.model.model import Model
from rocketgui.model.report import report
from rocketgui.protocol import messages
from rocketgui.protocol.messages import (
    KINDS,
    BadMessage,
    CoreLoad,
    Letters,
    LifecycleEvent,
    Message,
    OneOf,
    Samples,
    Within,
    check,
    cut,
    decode,
    encode,
)
from rocketgui.protocol.variant import Variant
from tests.model.builder import MS, Story

#: Frames that are made up and taken in: about as many as this, a hundred in each run of the model.
MUTANTS = int(os.environ.get("ROCKETGUI_MUTANTS", "10000"))

SCALARS: dict[Any, st.SearchStrategy[Any]] = {
    bool: st.booleans(),
    int: st.integers(),
    float: st.floats(allow_nan=False, allow_infinity=False),
    str: st.text(),
    type(None): st.none(),
}


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Values of a field annotated with `hint`."""
    if typing.get_origin(hint) is Annotated:
        return limited(*typing.get_args(hint))
    if typing.get_origin(hint) in (types.UnionType, typing.Union):
        return st.one_of([values(part) for part in typing.get_args(hint)])
    if typing.get_origin(hint) is tuple:
        return st.lists(values(typing.get_args(hint)[0]), max_size=5).map(tuple)
    if hint is Variant:
        return st.builds(Variant)
    return SCALARS[hint]


def limited(kind: Any, limit: Any) -> st.SearchStrategy[Any]:
    """Values of a type that are in a range."""
    match limit:
        case Within(least, most) if kind is int:
            return st.integers(int(least), int(most))
        case Within(least, most) if kind is float:
            return st.floats(least, most) | st.integers(int(least), int(most))
        case Within():
            return st.integers(-(2**100), 2**100) | st.floats(allow_nan=False, allow_infinity=False)
        case Letters(least, most):
            return st.text(min_size=least, max_size=min(most, 30))
        case OneOf(words):
            return st.sampled_from(words)
    raise TypeError(limit)


def table(kind: type[Any], hints: dict[str, Any], rows: int) -> st.SearchStrategy[Any]:
    """A message whose columns all have `rows` entries."""
    fields = {}
    for name, hint in hints.items():
        if typing.get_origin(hint) is tuple:
            entry = values(typing.get_args(hint)[0])
            fields[name] = st.lists(entry, min_size=rows, max_size=rows).map(tuple)
        else:
            fields[name] = values(hint)
    return st.builds(kind, **fields)


def messages_of(kind: type[Any]) -> st.SearchStrategy[Any]:
    hints = typing.get_type_hints(kind, include_extras=True)
    if kind in (messages.Samples, messages.ProcessLoad):
        return st.integers(0, 5).flatmap(lambda rows: table(kind, hints, rows))
    return st.builds(kind, **{name: values(hint) for name, hint in hints.items()})


ANY_MESSAGE: st.SearchStrategy[Message] = st.one_of([messages_of(kind) for kind in KINDS.values()])
FRAMES = st.tuples(st.integers(-(10**18), 10**18), st.lists(ANY_MESSAGE, max_size=4))
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(sorted(KINDS)),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)


def decode_or_refuse(line: str | bytes) -> None:
    """Whatever `line` is: it is a frame, or BadMessage says why it is none; nothing else is raised."""
    with contextlib.suppress(BadMessage):
        frame = decode(line)
        assert decode(encode(frame.t_ns, frame.messages)) == frame


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
@given(data=st.data())
def test_round_trip(kind: type[Any], data: st.DataObject) -> None:
    message = data.draw(messages_of(kind))
    line = encode(7, [message])
    assert "\n" not in line
    frame = decode(line)
    assert frame.t_ns == 7
    assert frame.messages == (message,)


@given(frame=FRAMES)
def test_round_trip_of_a_frame(frame: tuple[int, list[Message]]) -> None:
    t_ns, sent = frame
    assert decode(encode(t_ns, sent).encode()) == messages.Frame(t_ns, tuple(sent))


@given(line=st.text() | st.binary())
def test_garbage(line: str | bytes) -> None:
    decode_or_refuse(line)


@given(value=JSON)
def test_json_that_is_no_frame(value: Any) -> None:
    decode_or_refuse(json.dumps(value))
    decode_or_refuse(json.dumps([0, [value]]))


@given(kind=st.sampled_from(sorted(KINDS)), fields=st.lists(JSON, max_size=14))
def test_fields_that_do_not_fit(kind: str, fields: list[Any]) -> None:
    decode_or_refuse(json.dumps([0, [[kind, fields]]]))


@given(frame=FRAMES, data=st.data())
def test_one_field_exchanged(frame: tuple[int, list[Message]], data: st.DataObject) -> None:
    wire = json.loads(encode(*frame))
    rows = [row for row in wire[1] if row[1]]
    if rows:
        fields = data.draw(st.sampled_from(rows))[1]
        fields[data.draw(st.integers(0, len(fields) - 1))] = data.draw(JSON)
    decode_or_refuse(json.dumps(wire))


@given(frame=FRAMES, data=st.data())
def test_torn_and_overwritten_lines(frame: tuple[int, list[Message]], data: st.DataObject) -> None:
    line = bytearray(encode(*frame).encode())
    start = data.draw(st.integers(0, len(line)))
    end = data.draw(st.integers(start, len(line)))
    line[start:end] = data.draw(st.binary(max_size=20))
    decode_or_refuse(bytes(line))


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("", "not a line of JSON"),
        ("[" * 100_000, "not a line of JSON"),
        ("{}", "not a frame"),
        ("[true, []]", "not a frame"),
        ('[0, [["Nonsense", []]]]', "not a known message"),
        ('[0, [["Notice", []]]]', "Notice has 1 fields, not 0"),
        ('[0, [["Notice", [1]]]]', r"Notice\.text cannot be 1"),
        ('[0, [["Notice", [["a"]]]]]', r"Notice\.text cannot be"),
        ('[0, [["CoreLoad", [0, [NaN]]]]]', r"CoreLoad\.percent cannot be"),
        ('[0, [["CoreLoad", [true, []]]]]', r"CoreLoad\.t_ns cannot be"),
        ('[0, [["Samples", [[1], [], [], []]]]]', "the columns of Samples differ in length"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else None,
)
def test_what_is_refused_and_why(line: str, says: str) -> None:
    with pytest.raises(BadMessage, match=says):
        decode(line)


@pytest.mark.parametrize(
    "message",
    [
        messages.ProcessSeen(2, 1, -1, "process", "", True),
        messages.ProcessSeen(2, 1, 0, "process", "", True),
        messages.ProcessSeen(2, 1, 2**31, "process", "", True),
        messages.ProcessSeen(-2, 1, 5, "process", "", True),
        messages.ProcessSeen(2**60, 1, 5, "process", "", True),
        messages.ProcessSeen(2, 1, 5, "spaceship", "", True),
        messages.ProcessSeen(2, 1, 5, "process", "x" * (messages.TEXT_MOST + 1), True),
        messages.LifecycleEvent(2, "vanished", 0),
        messages.LifecycleEvent(2, "began", 10**19),
        messages.LifecycleEvent(2, "began", -(10**19)),
        messages.Ended(2, 2**40, None, False),
        messages.Ended(2, None, -9, False),
        messages.Samples((2,), ("x" * 201,), (0,), (1,)),
        messages.Samples((2,), ("",), (0,), (1,)),
        messages.Samples((2,), ("x",), (0,), (float("nan"),)),
        messages.Samples((2,), ("x",), (0,), (float("inf"),)),
        messages.Samples((2,), ("x",), (0,), (2**14_001,)),
        messages.Samples((2,), ("x",), (0, 1), (1,)),
        messages.CoreLoad(0, (-1e9,)),
        messages.CoreLoad(0, (float("inf"),)),
        messages.Losses(0, 18_440_567_823_036_923_869, 0, 0),
        messages.Losses(0, -1, 0, 0),
        messages.Overhead(float("nan"), 0.0, 0.0),
        messages.Activity(2, 0, "dancing", "", 0, "", ""),
        messages.Output(2, 0, "stdlog", ""),
        messages.RunEnded(0, "well", 0),
    ],
    ids=lambda message: str(message)[:40],
)
def test_what_makes_no_sense_is_refused(message: Message) -> None:
    with pytest.raises(BadMessage):
        check(message)
    with pytest.raises(BadMessage):
        decode(encode(0, [message]))


def test_a_text_is_cut_at_its_end() -> None:
    assert (cut("rocket", 6), cut("rockets", 6)) == ("rocket", "rocke…")


ODD: list[Any] = [
    -1, 0, 1, 2, 3, 2**31 - 1, 2**31, 2**53, 2**63 - 1, 2**64, -(10**18), 10**18, 10**19, 0.5, -1.5, 1e308, 1e-320,
    float("nan"), float("inf"), True, None, "", "x" * 300, "x" * 9_000, "\ud800", "\x1b[31m", "process 2", "lock 7",
    "began", "exited", "thread", "process", "helper", "killed", [], [1], {}, [[1]], "unlocked", "threads",
]  # fmt: skip


def told_frames() -> list[list[Any]]:
    """The frames of a run with all that can happen, as they cross the border."""
    wire: list[str] = []
    story = Story(3, helper=True)
    program = story.run.program
    assert program is not None
    wire.append(encode(0, [program]))

    def tell(t_ms: int, *told: Message) -> None:
        wire.append(encode(t_ms * MS, told))

    for number in range(1, 6):
        kind = ("process", "process", "thread", "helper", "interpreter")[number - 1]
        tell(10, messages.ProcessSeen(number, None if number == 1 else 1, 100 + number, kind, f"p{number}", True))
        for place, moment in enumerate(messages.LIFECYCLE_EVENTS[: 3 + number % 4]):
            tell(20, LifecycleEvent(number, moment, (20 + place) * MS))
    for t_ms in range(100, 400, 100):
        numbers, none = (1, 2, 3), (None,) * 3
        tell(t_ms, messages.Samples(numbers, ("rocket",) * 3, (t_ms * MS,) * 3, (t_ms, t_ms * 2.0, 2**70)))
        ones, times = (1,) * 3, (0.1 * t_ms,) * 3
        tell(t_ms, messages.ProcessLoad(t_ms * MS, numbers, times, times, ones, ones, ones, ones, ones, ones))
        tell(t_ms, messages.ProcessLoad(t_ms * MS, numbers, none, none, none, none, none, none, none, none))
        tell(t_ms, messages.Activity(2, t_ms * MS, "lock", "/a.py", 3, "f", "lock 7"), CoreLoad(t_ms * MS, (1.0, 99.0)))
        tell(t_ms, messages.Output(2, t_ms * MS, "stdout", "has finished its bootstrapping phase"))
        tell(
            t_ms,
            messages.ControlState(2, 10, t_ms == 200),
            messages.Losses(1, 2, 3, 4, 5),
            messages.Overhead(0.1, 0.2, 0.3),
        )
    tell(
        400,
        messages.PythonInfo("3.11", True),
        messages.StartFailed(1, "p9", 5, "OSError"),
        messages.WorkersNotStarted(9, 2),
    )
    tell(400, messages.Notice("Something."), messages.Failed(2, "KeyError: 5"), messages.Terminated(3, 5, 15))
    tell(500, messages.Ended(2, 1, None, False), messages.Ended(3, None, 15, False), messages.Ended(1, 0, None, False))
    tell(600, messages.RunEnded(600 * MS, "finished", 0))
    return [json.loads(line) for line in wire]


FRAMES_OF_A_RUN = told_frames()


def mutate(data: Any, frames: list[list[Any]]) -> None:
    """Exchange, double or take away a field, an entry of a column, a message or a frame."""
    frame = data.choice(frames)
    if not frame[1]:
        return
    message = data.choice(frame[1])
    match data.randrange(8):
        case 0:
            frames.insert(data.randrange(len(frames)), frames.pop(data.randrange(len(frames))))
        case 1:
            frames.remove(frame)
            frames.append([0, []])
        case 2:
            frame[0] = data.choice(ODD)
        case 3 if message[1]:
            message[1].pop(data.randrange(len(message[1])))
        case 4:
            message[0] = data.choice(sorted(KINDS))
        case _ if message[1]:
            place = data.randrange(len(message[1]))
            if isinstance(message[1][place], list) and message[1][place] and data.random() < 0.8:
                message[1][place][data.randrange(len(message[1][place]))] = data.choice(ODD)
            else:
                message[1][place] = data.choice(ODD)


@pytest.mark.timeout(900)
@settings(max_examples=max(MUTANTS // 40, 1), deadline=None, suppress_health_check=list(HealthCheck))
@given(random=st.randoms(use_true_random=False), changes=st.integers(1, 12))
def test_mutated_runs_do_no_harm(random: Any, changes: int) -> None:
    """Frames that are whole and say nonsense: each is refused or taken in, and the report is strict JSON."""
    frames = copy.deepcopy(FRAMES_OF_A_RUN)
    for _ in range(changes):
        mutate(random, frames)
    model = Model()
    for frame in frames:
        try:
            decoded = decode(json.dumps(frame))
        except BadMessage:
            continue
        model.apply_frame(decoded)
    run = model.run
    assert all(isinstance(finding.text, str) for finding in findings(run))
    told = json.loads(json.dumps(report(run), allow_nan=False))
    assert all(0 <= count < 2 * 10**12 for count in told["losses"].values())
    assert run.bad_messages < 10_000


def test_numbers_keep_their_type() -> None:
    sent = (Samples((1, 1), ("rocket", "rocket"), (5, 6), (2**63, 0.5)), CoreLoad(7, (100.0, 0.0)))
    frame = decode(encode(8, sent))
    assert frame.messages == sent
    samples = frame.messages[0]
    assert isinstance(samples, Samples)
    assert [type(value) for value in samples.value] == [int, float]
