"""What the benchmarks make of their measurements."""

from __future__ import annotations

from benchmarks.frames import whole_rounds


def test_workers_that_are_late_lose_their_round_only() -> None:
    asked: list[str] = []

    def measure(kind: str) -> dict[str, float]:
        asked.append(kind)
        if len(asked) == 3:
            raise TimeoutError("8 workers were not at work after 30 s")
        return {"number": len(asked)}

    found = whole_rounds(3, ("real", "bare"), measure)
    # The second round begins with the second kind, and is lost for both.
    assert asked == ["real", "bare", "bare", "real", "bare"]
    assert found == {"real": [{"number": 1}, {"number": 4}], "bare": [{"number": 2}, {"number": 5}]}
