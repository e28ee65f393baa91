"""The report has the shape that docs/report.md promises."""

from __future__ import annotations

import json

import pytest

from rocketgui.model.report import report
from rocketgui.model.run import Run
from rocketgui.protocol import messages
from rocketgui.recording.files import write_json
from tests.model.builder import MS, Story

TOP = [
    "version", "program", "system", "wall_s", "exit_code", "ended", "processes", "folded", "helpers", "core_load",
    "output", "findings", "losses", "cost",
]  # fmt: skip
PROCESS = [
    "id", "parent", "pid", "kind", "name", "start_called_ns", "began_ns", "target_entered_ns", "target_left_ns",
    "exited_ns", "joined_ns", "exit_code", "signal", "error", "values", "cpu_s", "switches_voluntary",
    "switches_involuntary", "peak_rss", "cores", "moves", "doing_s", "last_doing", "unobserved",
]  # fmt: skip


@pytest.fixture
def story() -> Story:
    story = Story(helper=True)
    story.count(200, p1=0, p2=1, p3=1)
    story.load(300, (1, 2, 3), 0.5, 3)
    story.tell(310, messages.CoreLoad(310 * MS, (98.0, 97.96)), messages.Output(2, 301 * MS, "stdout", "start func1"))
    story.tell(320, messages.Overhead(0.011, 0.09, 3.71), messages.Losses(1, 2, 3, 4))
    story.count(400, p2=2**64, p3=5)
    story.leave(2, 1_000)
    story.leave(3, 1_100)
    story.end(1_200)
    return story


def test_the_keys_are_those_of_the_contract(story: Story) -> None:
    told = report(story.run)
    assert list(told) == TOP
    assert all(list(process) == PROCESS for process in told["processes"])
    assert list(told["program"]) == [
        "argv", "executable", "python", "gil", "run_as", "start_method", "work", "variable", "pinned",
    ]  # fmt: skip
    assert list(told["system"]) == ["os", "cores", "launched"]
    assert list(told["losses"]) == [
        "samples_dropped", "bad_messages", "agents_lost", "output_lines_dropped", "events_dropped",
    ]  # fmt: skip
    assert list(told["cost"]) == ["agents_cpu_s", "collector_cpu_s", "program_cpu_s"]
    assert json.loads(json.dumps(told)) == told


def test_the_figures_are_those_of_the_run(story: Story) -> None:
    told = report(story.run)
    assert (told["version"], told["wall_s"], told["exit_code"], told["ended"]) == (1, 1.2, 0, "finished")
    assert told["program"]["python"] == "3.11.7"
    assert told["core_load"] == {"samples": 1, "mean": [98.0, 98.0]}
    assert told["output"] == [{"t_ns": 301 * MS, "process": 2, "stream": "stdout", "text": "start func1"}]
    assert told["processes"][0]["values"] == {"rocket": {"first": 0, "last": 0, "samples": 1}}
    assert told["losses"]["samples_dropped"] == 1
    assert {"overlap", "isolation"} <= {finding["id"] for finding in told["findings"]}


def test_helpers_stand_apart_and_their_children_belong_to_the_program(story: Story) -> None:
    told = report(story.run)
    assert [(process["id"], process["parent"]) for process in told["processes"]] == [(1, None), (2, 1), (3, 1)]
    assert [(helper["kind"], helper["name"]) for helper in told["helpers"]] == [("helper", "fork server")]


def test_integers_beyond_64_bits_are_strings(story: Story) -> None:
    values = report(story.run)["processes"][1]["values"]["rocket"]
    assert values == {"first": 1, "last": str(2**64), "samples": 2}


def test_a_run_that_never_ended_is_lost() -> None:
    assert report(Story().run)["ended"] == "lost"
    assert report(Run())["program"] is None


def test_a_report_is_written_whole_or_not_at_all(tmp_path_factory: pytest.TempPathFactory, story: Story) -> None:
    folder = tmp_path_factory.mktemp("reports")
    path = folder / "report.json"
    write_json(path, report(story.run))
    assert json.loads(path.read_text(encoding="utf-8")) == report(story.run)
    with pytest.raises(TypeError):
        write_json(path, {"not json": object()})
    assert json.loads(path.read_text(encoding="utf-8"))["version"] == 1
    assert list(folder.iterdir()) == [path]
