"""Rides along in every Python process of an observed program. Standard library only, syntax of Python 3.8.

    inject/sitecustomize.py   Python itself imports it at start, since it is first on PYTHONPATH
      └─ start.py             begins here and in every forked child; ends with the process
           ├─ sampler.py      one thread: at each deadline reads values.py's watched values, and obeys the board
           ├─ stack.py        where the main thread is, and what it waits for
           ├─ offspring.py    processes that are started without multiprocessing have agents too
           ├─ lifecycle.py    notes start(), first line, end and join() of multiprocessing's processes
           ├─ output.py       notes each printed line
           ├─ owner.py        ends the program where nobody else is left to do so
           ├─ box.py          all of the above goes into this process's black box ...
           ├─ board.py        ... and what the collector wants of it stands on the board
           ├─ maps.py         how both are opened and touched, whatever the program does to the files
           ├─ guest.py        what of it begins in each further interpreter of a process
           └─ layout.py       the bytes of both, as plain constants, which the collector reads too

The files are loaded by interpreters that have no rocketgui, under the package name `_rocketgui_agent`.
"""
