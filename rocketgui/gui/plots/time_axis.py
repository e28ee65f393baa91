"""The time axis that all plots share: it follows the run, or stays where the user moved it."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from rocketgui.gui.plots.ranges import idle_range, time_range


class TimeAxis(QObject):
    """The range of time that is shown, from `t0` to `t1`, in seconds since launch.

    Signals:
        changed: the range is another one.
        follow_changed: whether it follows the run now.
    """

    changed = Signal()
    follow_changed = Signal(bool)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.t0, self.t1 = idle_range(0.0)
        self.is_following = True
        self.is_idle = True

    def extend(self, t_s: float, *, idle: bool) -> None:
        """Take in that the run, or the time before the first launch, has now lasted `t_s` seconds."""
        self.is_idle = idle
        if self.is_following:
            self._show(*(idle_range(t_s) if idle else time_range(t_s)))

    def show_stretch(self, t0: float, t1: float) -> None:
        """Show this range until `follow` is called."""
        self._set_following(False)
        self._show(t0, t1)

    def follow(self) -> None:
        """Follow the run, from the next `extend` on."""
        self._set_following(True)

    def _set_following(self, following: bool) -> None:
        if following is not self.is_following:
            self.is_following = following
            self.follow_changed.emit(following)

    def _show(self, t0: float, t1: float) -> None:
        if (t0, t1) != (self.t0, self.t1):
            self.t0, self.t1 = t0, t1
            self.changed.emit()
