"""The windows that `benchmarks.frames` measures, each in a process of its own that prints what it saw as JSON.

measured.py     the process: makes one window, lets it settle, measures for some seconds
  ├─ real.py        rocketgui's own window, bridge and collector
  ├─ bare.py        the plainest pyqtgraph window with the same curves
  ├─ synthetic.py   a collector for as many workers as wanted that use no CPU
  └─ painting.py    notes when frames were painted, and what was in them
screen.py       an X server of the benchmark's own where there is no screen
"""
