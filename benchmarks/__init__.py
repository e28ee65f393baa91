"""What the budgets are measured with: `python -m benchmarks NAME`, see docs/benchmarks.md.

__main__.py        picks the benchmark by name
figures.py         medians, quartiles, paired ratios, the table and the JSON
system.py          CPU time of other processes, starting and ending them, other Pythons
observer.py        what observing costs
  ├─ in_program.py     ... the observed program
  ├─ in_observer.py    ... the observer itself
  └─ at_start.py       ... every process at its start
frames.py          how smoothly the window draws, and how late
  └─ window/           the windows that are measured, each in a process of its own
programs/          what runs beside or inside of what is measured
"""
