"""Observes a program from outside, without Qt: a process of its own beside a window, or part of `--headless`.

service.py    the process: commands in, one frame per tick out
  └─ collector.py   what a tick is made of, whoever asked for it
       ├─ cores.py      load of every core
       └─ run.py        one run, from its launch until nothing of it is left
            ├─ launching.py    its files, environment and supervisor, for its owner; what a collector is told of it
            ├─ checkpoint.py   what it leaves for a collector that takes over
            ├─ reports.py      what the supervisor reports
            ├─ shelf.py        its black boxes: found, read, put away
            ├─ boxes.py        black boxes -> records
            ├─ records.py      records -> messages
            ├─ census.py       which process is which: numbers, parents, names, ends
            ├─ processes.py    what the system says of each process (psutil)
            ├─ crew.py         the live number of workers
            └─ board.py        what the observed processes are asked to do

abilities.py  what the system lets it see of a process and do to it, for the self-test
"""
