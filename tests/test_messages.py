"""Messages survive the journey unchanged, and nothing that arrives can do more harm than a BadMessage."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import types
import typing
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rocketgui import messages
from rocketgui.messages import KINDS, BadMessage, CoreLoad, Message, Moment, Samples, decode, encode

SCALARS: dict[Any, st.SearchStrategy[Any]] = {
    bool: st.booleans(),
    int: st.integers(),
    float: st.floats(allow_nan=False, allow_infinity=False),
    str: st.text(),
    type(None): st.none(),
}


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Values of a field annotated with `hint`."""
    if isinstance(hint, types.UnionType):
        return st.one_of([values(part) for part in typing.get_args(hint)])
    if typing.get_origin(hint) is tuple:
        return st.lists(values(typing.get_args(hint)[0]), max_size=5).map(tuple)
    return SCALARS[hint]


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
    hints = typing.get_type_hints(kind)
    if kind in (messages.Samples, messages.ProcessLoad):
        return st.integers(0, 5).flatmap(lambda rows: table(kind, hints, rows))
    return st.builds(kind, **{name: values(hint) for name, hint in hints.items()})


ANY_MESSAGE: st.SearchStrategy[Message] = st.one_of([messages_of(kind) for kind in KINDS.values()])
FRAMES = st.tuples(st.integers(), st.lists(ANY_MESSAGE, max_size=4))
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


def test_numbers_keep_their_type() -> None:
    sent = (Samples((1, 1), ("rocket", "rocket"), (5, 6), (2**63, 0.5)), CoreLoad(7, (100.0, 0.0)))
    frame = decode(encode(8, sent))
    assert frame.messages == sent
    samples = frame.messages[0]
    assert isinstance(samples, Samples)
    assert [type(value) for value in samples.value] == [int, float]


def test_messages_cannot_be_changed() -> None:
    message: Any = Moment(1, "began", 2)
    with pytest.raises(dataclasses.FrozenInstanceError):
        message.process = 3
