"""The agent, a part of every Python process of an observed program. Standard library only, syntax of Python 3.8.

    inject/sitecustomize.py      Python itself imports it at start, since it is first on PYTHONPATH
      └─ agent.py                  begins here and in every forked child; ends with the process
           ├─ sampling_thread.py   one thread: at each deadline reads watched_variables.py, and obeys the control block
           ├─ stack_sampler.py     where the main thread is, and what it waits for
           ├─ hooks/               what the program does, noted without a frame in any traceback:
           │    multiprocessing.py   start(), first line, end and join() of multiprocessing's processes
           │    subprocess.py        processes that are started without multiprocessing, which have agents too
           │    threading.py         the threads
           │    streams.py           each printed line
           ├─ owner_watchdog.py    ends the program where no other process is left to do so
           ├─ trace_buffer.py      the file that all parts above write to, and the collector reads
           ├─ control_block.py     the file by which the collector sets the sampling rate and values of variables
           ├─ mapped_file.py       how both files are mapped and accessed, whatever the program does to them
           ├─ subinterpreter.py    the smaller agent of each further interpreter in a process
           └─ trace_format.py      the bytes of both files, as plain constants, which the collector imports too

The files are loaded by interpreters that have no rocketgui, under the package name `_rocketgui_agent`.
"""
