"""rocketgui shows how Python runs things at the same time: live, in a window, from the real program.

    OBSERVED                          OBSERVER                         SHOWN
    any Python program                headless, no Qt                  Qt

    parent  + agent ──┐ trace         collector                frame   owner, bridge (QThread)
    child 1 + agent ──┼─ buffers ──▶   reads trace buffers, ── queue ─▶   ▼ one signal per batch
    child N + agent ──┘                samples the system              model (numpy, no Qt)
        ▲     ▲                          │     ▲                          ▼ read once per drawn frame
        │     └──── control block ───────┤     └───── commands ──────── gui (pyqtgraph)
        │                                ▼
        └───── starts, reaps, ends ── supervisor

ARCHITECTURE.md tells the rules. Importing this package imports nothing else.
"""

__version__ = "0.1.0"
