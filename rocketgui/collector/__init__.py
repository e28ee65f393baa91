"""Observes a program from outside, without Qt, in a process of its own, both with a window and without one.

service.py    the process: reads commands, sends one frame per tick
  └─ collector.py   one tick, apart from reading and sending
       ├─ cpu_load.py        load of every core
       └─ run_observer.py    one run, from its launch until nothing of it is left
            ├─ emitter.py              gathers the messages of all parts for the next frame
            ├─ launcher.py             the run's files, environment and supervisor; used by the owner
            ├─ run_files.py            the run's files that outlive a collector
            ├─ checkpoint.py           what a collector that takes over has to know
            ├─ supervisor_reports.py   reads the supervisor's reports
            ├─ trace/                  what the agents write: buffers -> records -> messages
            │    buffers.py              the files: found, read, removed
            │    reader.py               one file -> records
            │    decoder.py              records -> messages
            │    positions.py            how far each file was read
            ├─ processes/              what is known of each process
            │    registry.py             one entry per process: number, parent, name, end
            │    sampler.py              CPU, memory, ... of each process, from the system (psutil)
            │    activity.py             what each process is doing, from agent and system together
            │    exit_watcher.py         when each process ends
            │    perf_events.py          the kernel's reports of forks, execs and exits
            │    system_monitor.py       uses the four above, and passes what they find to the registry
            ├─ worker_target.py        the live number of workers
            └─ control_block.py        writes the control block, which the agents read

capabilities.py  what the system lets rocketgui see of a process and do to it, for the self-test
"""
