"""Observes a program from outside, without Qt: a process of its own, with a window and without.

service.py    the process: commands in, one frame per tick out
  └─ collector.py   what a tick is made of, whoever asked for it
       ├─ cpu_load.py        load of every core
       └─ run_observer.py    one run, from its launch until nothing of it is left
            ├─ emitter.py              the one way by which messages leave
            ├─ launcher.py             its files, environment and supervisor, for its owner
            ├─ run_files.py            its files that outlive a collector
            ├─ checkpoint.py           what it leaves for a collector that takes over
            ├─ supervisor_reports.py   what the supervisor reports
            ├─ trace/                  what the agents write: buffers -> records -> messages
            │    buffers.py              the files: found, read, put away
            │    reader.py               one file -> records
            │    decoder.py              records -> messages
            │    positions.py            how far each was read
            ├─ processes/              what is known of each process
            │    registry.py             which process is which: numbers, parents, names, ends
            │    sampler.py              what the system says of each (psutil)
            │    activity.py             what each is doing, by what agent and system say
            │    exit_watcher.py         when each ends
            │    perf_events.py          what the kernel tells of forks, execs and exits
            │    system_monitor.py       the last three, and what the registry learns from them
            ├─ worker_target.py        the live number of workers
            └─ control_block.py        what the observed processes are asked to do

capabilities.py  what the system lets it see of a process and do to it, for the self-test
"""
