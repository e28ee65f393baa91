"""Numbers and names for people: what a user may type, and how it is written out. Imports nothing heavy."""

from __future__ import annotations

import math
import re
import sys
from decimal import Decimal, InvalidOperation

Number = int | float

LIMIT_MAX = sys.maxsize
WORKERS_MAX = 256

#: What a typed limit that has no upper bound is called; also how it is shown.
LIMIT_MAX_NAME = "sys.maxsize"

_PREFIXES = ("", "k", "M", "G", "T", "P", "E")
_NUMBER = re.compile(
    r"(?P<digits>[+-]?(?:[0-9]{1,3}(?:[,'][0-9]{3})+|[0-9]+(?:_[0-9]+)*)(?:\.(?:[0-9]+(?:_[0-9]+)*)?)?(?:e[+-]?[0-9]{1,6})?)"
    r"\s*(?P<prefix>[kmgtpe]?)",
    re.IGNORECASE,
)
_LONGEST_ECHO = 24


#: What a terminal or a label acts on instead of showing it: control characters (C0, DEL, C1), separators of lines, what
#: turns the direction of writing, and halves of characters, which stand for bytes that are no text.
_HARMFUL = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def harmless(text: str, keep: str = "") -> str:
    """A text from a program or a user as it can be shown: what would not be shown but acted on is written as Python
    writes it, `\\x1b`, `\\u202e`, but for the characters in `keep`."""
    return _HARMFUL.sub(lambda found: found[0] if found[0] in keep else _written(found[0]), text)


def message_lines(text: str) -> str:
    """A message as rocketgui writes it to a terminal. What follows its first line is indented, so that no name with a
    line break in it can look like another message."""
    return harmless(text.rstrip("\n"), keep="\n").replace("\n", "\n    ")


def _written(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def parse_limit(text: str) -> int:
    """Read a limit as people type it: `10_000_000`, `1e8`, `50M`, `sys.maxsize`.

    Raises:
        ValueError: with one sentence that says what is wrong; a limit is a whole number from 1 to `sys.maxsize`.
    """
    typed = text.strip()
    if typed.lower() in (LIMIT_MAX_NAME, "maxsize", "max"):
        return LIMIT_MAX
    number = _read(typed, "10_000_000, 1e8, 50M or sys.maxsize")
    if number > LIMIT_MAX:
        raise ValueError(f"The limit can be at most sys.maxsize, {LIMIT_MAX:,}.")
    if number < 1:
        raise ValueError("The limit must be 1 or more.")
    if number != number.to_integral_value():
        raise ValueError("The limit must be a whole number.")
    return int(number)


def parse_workers(text: str) -> int:
    """Read a number of workers, 1 to 256.

    Raises:
        ValueError: with one sentence that says what is wrong.
    """
    number = _read(text.strip(), f"1 to {WORKERS_MAX}")
    if not 1 <= number <= WORKERS_MAX:
        raise ValueError(f"There can be 1 to {WORKERS_MAX} workers.")
    if number != number.to_integral_value():
        raise ValueError("The number of workers must be a whole number.")
    return int(number)


def parse_range(text: str) -> tuple[int, int]:
    """Read a range of numbers of workers: `1-8`.

    Raises:
        ValueError: with one sentence that says what is wrong.
    """
    first, dash, last = text.partition("-")
    if not dash or not first.strip() or not last.strip():
        raise ValueError(f"Type a range of 1 to {WORKERS_MAX} workers, such as 1-8.")
    least, most = parse_workers(first), parse_workers(last)
    if least > most:
        raise ValueError(f"The range {least}-{most} has no number in it; type the lower one first.")
    return least, most


def parse_seconds(text: str) -> float:
    """Read how long to measure, 0.1 to 3600 seconds.

    Raises:
        ValueError: with one sentence that says what is wrong.
    """
    seconds = float(_read(text.strip(), "a number of seconds, such as 2"))
    if not 0.1 <= seconds <= 3600:
        raise ValueError("The seconds can be 0.1 to 3600.")
    return seconds


def _read(typed: str, examples: str) -> Decimal:
    match = _NUMBER.fullmatch(typed)
    if match is None:
        shown = typed if len(typed) <= _LONGEST_ECHO else typed[: _LONGEST_ECHO - 1] + "…"
        raise ValueError(f"“{shown}” is not a number: type {examples}." if shown else f"Type a number: {examples}.")
    power = _PREFIXES.index(_prefix(match["prefix"]))
    try:
        return Decimal(re.sub("[_,']", "", match["digits"])).scaleb(3 * power)
    except InvalidOperation:
        raise ValueError(f"“{typed[:_LONGEST_ECHO]}” is too long a number.") from None


def _prefix(letter: str) -> str:
    return "k" if letter in "kK" and letter else letter.upper()


def format_count(value: Number) -> str:
    """A number in full, with its digits grouped: `12,345,678`."""
    if isinstance(value, float) and not value.is_integer():
        return f"{value:,.6g}"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.0f}"


def format_limit(limit: int) -> str:
    """A limit as short as it can be without losing a digit: `50 M`, `12,345`, `sys.maxsize`."""
    if limit == LIMIT_MAX:
        return LIMIT_MAX_NAME
    shown = format_short(limit)
    return shown if parse_limit(shown) == limit else format_count(limit)


def edit_limit(limit: int) -> str:
    """A limit as one would type it: `50_000_000`."""
    return LIMIT_MAX_NAME if limit == LIMIT_MAX else f"{limit:_}"


def format_short(value: Number) -> str:
    """Three significant digits and an SI prefix, no trailing zeros: `50 M`, `9.22 E`, `0`."""
    return _scaled(value, fixed=False)


def format_rate(per_s: float) -> str:
    """A rate, always with three significant digits so that it does not change its width: `5.90 M/s`."""
    return f"{_scaled(per_s, fixed=True)}/s"


def _scaled(value: Number, *, fixed: bool) -> str:
    size = abs(value)
    power = 0
    while size >= 999.5 and power < len(_PREFIXES) - 1:
        size /= 1000
        power += 1
    if size >= 999.5:
        return f"{value:.2e}"
    digits = 0 if size >= 99.95 else 1 if size >= 9.995 else 2
    number = f"{size:.{digits}f}" if fixed and (power or size) else f"{size:.3g}"
    sign = "-" if value < 0 else ""
    return f"{sign}{number} {_PREFIXES[power]}".rstrip()


_UNITS = (("year", 365.2425 * 86400), ("day", 86400.0), ("hour", 3600.0), ("minute", 60.0))


def format_duration(seconds: float) -> str:
    """How long something takes: `12 ms`, `2.1 s`, `about 3 minutes`, `about 14,600 years`."""
    if not math.isfinite(seconds):
        return "for ever"
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 119.5:
        return f"{seconds:.1f} s" if seconds < 9.95 else f"{seconds:.0f} s"
    for unit, size in _UNITS:
        count = seconds / size
        if count >= 1.95:
            rounded = float(f"{count:.3g}") if count >= 9.95 else round(count, 1)
            return f"about {rounded:,.0f} {unit}s" if rounded >= 10 else f"about {rounded:g} {unit}s"
    return f"about {seconds / 60:.0f} minutes"


def format_bytes(size: int) -> str:
    """Memory in binary units, as system monitors show it: `11.2 MB` is 11.2 x 2**20 bytes."""
    return f"{size / 2**20:.1f} MB" if size < 2**30 else f"{size / 2**30:.2f} GB"


def noun(run_as: str, count: int) -> str:
    """What workers are that run so: `process`, `threads`, ..."""
    one = {"threads": "thread", "sub-interpreters": "interpreter"}.get(run_as, "process")
    return one if count == 1 else "processes" if one == "process" else f"{one}s"


#: What a process does, as a table says it; by the names of messages.ACTIVITIES.
ACTIVITY_NAMES = {
    "python": "runs Python",
    "native": "busy in C code",
    "lock": "waits for a lock",
    "queue": "waits for an item",
    "full queue": "waits: queue is full",
    "pipe": "waits for a pipe",
    "join": "waits in join",
    "sleep": "asleep",
    "io": "in I/O",
    "waiting": "waits",
}


def format_location(file: str, line: int, function: str) -> str:
    """A line of code as people find it: `two.py:12 in func1`; empty where it is not known."""
    if not file:
        return ""
    name = re.split(r"[/\\]", file)[-1]
    return f"{name}:{line}" + (f" in {function}" if function and function != "<module>" else "")
