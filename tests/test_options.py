"""What can be asked for: the launch of the built-in program, and the names of values."""

from __future__ import annotations

import contextlib

from hypothesis import given
from hypothesis import strategies as st

from rocketgui.options import parse_watch, rocket_launch
from rocketgui.protocol.variant import Variant


def test_launch_of_the_rocket_program() -> None:
    launch = rocket_launch(3, 7, Variant(start_method="spawn"), "/a/python", own_session=True)
    assert launch.argv == ("rocket.py", "--workers", "3", "--limit", "7", "--start-method", "spawn")
    assert (launch.python, launch.workers, launch.limit, launch.watch) == ("/a/python", 3, 7, ("rocket",))
    assert launch.own_session
    assert not rocket_launch(3, 7, Variant(start_method="spawn"), "/a/python", own_session=False).own_session


@given(st.text())
def test_names_of_values_are_names(typed: str) -> None:
    with contextlib.suppress(ValueError):
        watched = parse_watch(typed)
        function, colon, name = watched.rpartition(":")
        parts = (*function.split("."), name) if colon else watched.split(".")
        assert all(part.isidentifier() for part in parts)
        assert "," not in watched


@given(st.lists(st.from_regex(r"[^\W\d]\w*", fullmatch=True), min_size=1, max_size=4), st.booleans())
def test_whatever_python_can_name_can_be_watched(parts: list[str], is_local: bool) -> None:
    names = [part for part in parts if part.isidentifier()]
    if names:
        watched = f"{'.'.join(names)}:{names[0]}" if is_local else ".".join(names)
        assert parse_watch(f" {watched} ") == watched
