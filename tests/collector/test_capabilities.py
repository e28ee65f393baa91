"""What the system lets rocketgui see and do."""

from __future__ import annotations

import os

import psutil
import pytest

from rocketgui.collector import capabilities


def test_abilities() -> None:
    before = psutil.Process().cpu_affinity()
    assert capabilities.usable_cores() == before
    assert capabilities.core() in range(os.cpu_count() or 1)
    assert capabilities.can_pin()
    assert psutil.Process().cpu_affinity() == before


def test_abilities_that_a_system_has_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on macOS."""
    monkeypatch.delattr(psutil.Process, "cpu_num")
    monkeypatch.delattr(psutil.Process, "cpu_affinity")
    assert (capabilities.core(), capabilities.usable_cores(), capabilities.can_pin()) == (None, None, False)


def test_abilities_that_a_system_denies(monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(process: psutil.Process, cores: object = None) -> list[int]:
        if cores is not None:
            raise psutil.AccessDenied(process.pid)
        return [0]

    monkeypatch.setattr(psutil.Process, "cpu_affinity", denied)
    assert not capabilities.can_pin()
