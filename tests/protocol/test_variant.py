"""Which of the built-in programs runs."""

from __future__ import annotations

import multiprocessing

from rocketgui.protocol.variant import START_METHODS


def test_start_methods_are_those_of_multiprocessing() -> None:
    assert list(START_METHODS) == multiprocessing.get_all_start_methods()
