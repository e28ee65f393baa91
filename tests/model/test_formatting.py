"""Numbers as people type and read them."""

from __future__ import annotations

import contextlib
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rocketgui.model.formatting import (
    ACTIVITY_NAMES,
    LIMIT_MAX,
    edit_limit,
    format_bytes,
    format_count,
    format_duration,
    format_limit,
    format_location,
    format_rate,
    format_short,
    harmless,
    message_lines,
    parse_limit,
    parse_workers,
)
from rocketgui.protocol import messages

LIMITS = st.integers(1, LIMIT_MAX)


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("10_000_000", 10_000_000),
        ("1e8", 100_000_000),
        ("50M", 50_000_000),
        ("50 M", 50_000_000),
        ("2k", 2_000),
        ("2K", 2_000),
        ("1.5M", 1_500_000),
        ("1.000", 1),
        ("10,000", 10_000),
        ("1'000'000", 1_000_000),
        ("1_0", 10),
        (" 7 ", 7),
        ("+7", 7),
        ("sys.maxsize", sys.maxsize),
        ("SYS.MAXSIZE", sys.maxsize),
        (str(sys.maxsize), sys.maxsize),
        ("1E", 10**18),
        ("1E3", 1_000),
    ],
)
def test_a_limit_is_read(text: str, limit: int) -> None:
    assert parse_limit(text) == limit


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("ten", "“ten” is not a number"),
        ("", "Type a number"),
        ("0", "1 or more"),
        ("-3", "1 or more"),
        ("0.5", "1 or more"),
        ("1e-999999", "1 or more"),
        ("1.5", "whole number"),
        ("1.0005k", "whole number"),
        (str(sys.maxsize + 1), "sys.maxsize"),
        ("1e999999", "sys.maxsize"),
        ("99E", "sys.maxsize"),
        ("inf", "not a number"),
        ("nan", "not a number"),
        ("0x10", "not a number"),
        ("1_0__0", "not a number"),
        ("1__", "not a number"),
        ("1,5", "not a number"),
        ("9" * 1000, "sys.maxsize"),
        ("ten" * 1000, "is not a number"),
    ],
)
def test_a_wrong_limit_is_refused_with_one_clear_sentence(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=r"\.$") as refused:
        parse_limit(text)
    sentence = str(refused.value)
    assert says in sentence
    assert sentence.endswith(".")
    assert len(sentence) < 120


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    for parse, most in ((parse_limit, LIMIT_MAX), (parse_workers, 256)):
        with contextlib.suppress(ValueError):
            assert 1 <= parse(text) <= most


@given(LIMITS)
def test_what_is_shown_for_a_limit_reads_as_that_limit(limit: int) -> None:
    assert parse_limit(format_limit(limit)) == limit
    assert parse_limit(edit_limit(limit)) == limit
    assert parse_limit(format_count(limit)) == limit


@pytest.mark.parametrize(("text", "workers"), [("1", 1), ("256", 256), (" 16 ", 16), ("1e2", 100)])
def test_workers_are_read(text: str, workers: int) -> None:
    assert parse_workers(text) == workers


@pytest.mark.parametrize("text", ["0", "257", "-1", "many", "", "2.5", "1e9"])
def test_wrong_workers_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        parse_workers(text)


def test_figures_are_written_for_people() -> None:
    assert format_count(12_345_678) == "12,345,678"
    assert format_count(2.5) == "2.5"
    assert format_count(1e6) == "1,000,000"
    assert [format_short(n) for n in (0, 7, 999, 1_000, 50_000_000, sys.maxsize)] == [
        "0", "7", "999", "1 k", "50 M", "9.22 E",
    ]  # fmt: skip
    assert format_short(-2_500) == "-2.5 k"
    assert format_short(10**30) == "1.00e+30"
    assert [format_rate(r) for r in (0.0, 5_900_000.0, 23_900_000.0, 999_999.0)] == [
        "0/s", "5.90 M/s", "23.9 M/s", "1.00 M/s",
    ]  # fmt: skip
    assert format_bytes(11_744_051) == "11.2 MB"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0 ms"),
        (0.951, "951 ms"),
        (2.12, "2.1 s"),
        (45.0, "45 s"),
        (180.0, "about 3 minutes"),
        (7_200.0, "about 2 hours"),
        (86_400.0 * 12, "about 12 days"),
        (sys.maxsize / 20e6, "about 14,600 years"),
        (float("inf"), "for ever"),
    ],
)
def test_durations_are_written_for_people(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@given(st.floats(0, 1e30))
def test_any_duration_can_be_written(seconds: float) -> None:
    assert format_duration(seconds)


def test_reading_numbers_needs_no_numpy() -> None:
    code = "import rocketgui.model.formatting, sys; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_place_in_the_code() -> None:
    assert format_location("/code/two.py", 12, "work") == "two.py:12 in work"
    assert format_location(r"C:\me\two.py", 3, "<module>") == "two.py:3"
    assert format_location("", 0, "") == ""


def test_there_are_words_for_all_that_a_process_can_do() -> None:
    assert set(ACTIVITY_NAMES) == set(messages.ACTIVITIES)


#: What terminals and Qt act on instead of showing it.
HARMFUL = "".join(map(chr, [*range(32), *range(127, 160), 0x61C, 0x200E, 0x200F, *range(0x2028, 0x202F)])) + "".join(
    map(chr, range(0x2066, 0x206A))
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", r"\x1b[31mred"),
        ("\u202eabc", r"\u202eabc"),
        ("a\nb\tc\rd", r"a\nb\tc\rd"),
        ("\x9b0m \x7f", r"\x9b0m \x7f"),
        ("\udc80.py", r"\udc80.py"),
        ("<b>é 你好 👩‍🔬</b> שלום", "<b>é 你好 👩‍🔬</b> שלום"),
        ("", ""),
    ],
)
def test_what_is_acted_on_is_written_out(text: str, shown: str) -> None:
    assert harmless(text) == shown


@given(st.text() | st.text(HARMFUL + "ab "))
def test_nothing_harmful_is_left(text: str) -> None:
    shown = harmless(text)
    assert not set(HARMFUL) & set(shown)
    assert harmless(shown) == shown
    assert harmless(text, keep="\n").count("\n") == text.count("\n")


@given(st.text(HARMFUL + "ab "))
def test_a_message_cannot_look_like_two(text: str) -> None:
    _, *others = message_lines(text).split("\n")
    assert all(line.startswith("    ") for line in others)
