"""What observing costs: the program, the observer itself, and every process at its start."""

from __future__ import annotations

import argparse
import multiprocessing

from benchmarks import at_start, in_observer, in_printing, in_program
from benchmarks.figures import Figure, add_json_option, deliver, machine, say

PARTS = ("program", "printing", "observer", "start")


def main(arguments: list[str]) -> int:
    """Measure, and show the figures; 0 even if a target is missed, since that is for the reader to judge."""
    options = _parse(arguments)
    found = machine()
    figures: list[Figure] = []
    notes: list[str] = []
    if "program" in options.parts:
        say("The program, observed and alone:")
        observers = [in_program.SCRIPT if options.script else in_program.BUILT_IN]
        in_figures, notes = in_program.measure(options.start_method, options.pairs, options.limit, observers)
        figures += in_figures
    if "printing" in options.parts:
        say("What prints, forks and begins threads, observed and alone:")
        figures += in_printing.measure(max(5, options.pairs // 4), options.prints)
    if "observer" in options.parts:
        say("The observer's own CPU:")
        figures += in_observer.measure(8, options.rounds, options.seconds)
    if "start" in options.parts:
        say("The agent's start-up:")
        figures += at_start.measure(multiprocessing.get_all_start_methods(), options.starts)
    deliver("observer", found, figures, notes, options.json)
    return 0


def _parse(arguments: list[str]) -> argparse.Namespace:
    methods = multiprocessing.get_all_start_methods()
    parser = argparse.ArgumentParser(prog="python -m benchmarks observer", description=__doc__)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS, help="what to measure (default: all)")
    parser.add_argument(
        "--script", action="store_true", help="run the program as one of the user's: nothing is known of it"
    )
    parser.add_argument("--pairs", type=int, default=20, metavar="N", help="pairs of runs of the program")
    parser.add_argument("--limit", type=int, default=20_000_000, metavar="N", help="how far each worker counts")
    parser.add_argument("--prints", type=int, default=2_000_000, metavar="N", help="how many lines are printed")
    parser.add_argument("--start-method", nargs="+", choices=methods, default=methods[:1])
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="rounds of the observer's own CPU")
    parser.add_argument("--seconds", type=float, default=10.0, metavar="S", help="length of each of these")
    parser.add_argument("--starts", type=int, default=40, metavar="N", help="pairs of starts")
    add_json_option(parser)
    return parser.parse_args(arguments)
