"""What tests read off a window, and do to it."""

from __future__ import annotations

from html import escape
from pathlib import Path

import numpy as np
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QColor, QDragEnterEvent, QDropEvent, QImage
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QDialog,
    QLabel,
    QLineEdit,
    QPushButton,
    QSlider,
    QWidget,
)

from rocketgui.gui.main_window import MainWindow
from rocketgui.gui.program.script_controls import ScriptControls
from rocketgui.gui.run_controller import RunState
from rocketgui.model.findings import findings
from rocketgui.protocol import messages
from rocketgui.protocol.launch_spec import Launch
from tests.gui.fake_bridge import FakeBridge

#: What a user can do something with.
CONTROLS = (QAbstractButton, QComboBox, QLineEdit, QSlider)


def state(window: MainWindow) -> RunState:
    """The state that the window shows."""
    return window.controller.state


def last(bridge: FakeBridge, kind: type[messages.Command]) -> messages.Command:
    """The last command of this kind that was sent."""
    return [command for command in bridge.sent if isinstance(command, kind)][-1]


def shown(window: MainWindow) -> set[str]:
    """The ids of the findings whose sentences stand in the window."""
    html = window.findings.text.text()
    found = findings(window.controller.run)
    return {finding.id for finding in found if escape(finding.text.partition(". ")[0]) in html}


def cut_texts(window: MainWindow) -> list[str]:
    """The texts in a window that have too little room, but for those that scroll or are shortened."""
    cut = []
    for label in window.findChildren(QLabel):
        # The findings scroll.
        if not label.isVisible() or not label.text() or label is window.findings.text:
            continue
        if label.wordWrap():
            needed = label.heightForWidth(label.width())
            if needed > label.height():
                cut.append(label.text())
        elif label.sizeHint().width() > label.width() and label is not window.status_bar.sentence:
            cut.append(label.text())
    cut += [b.text() for b in window.findChildren(QPushButton) if b.isVisible() and b.sizeHint().width() > b.width()]
    return cut


def buttons(dialog: QDialog) -> dict[str, QAbstractButton]:
    """The buttons of a dialog by what stands on them."""
    return {button.text(): button for button in dialog.findChildren(QAbstractButton) if button.text()}


def cut_in(dialog: QWidget) -> list[str]:
    """The texts in a dialog that have too little room."""
    words: list[QLabel | QAbstractButton] = [*dialog.findChildren(QLabel), *dialog.findChildren(QAbstractButton)]
    return [w.text() for w in words if w.text() and w.isVisible() and w.sizeHint().width() > w.width()]


def colours(widget: QWidget) -> set[int]:
    """The colours of all pixels of a widget, as 0xAARRGGBB."""
    image: QImage = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(image.constBits(), np.uint32)
    return set(np.unique(pixels).tolist())


def has(widget: QWidget, colour: QColor) -> bool:
    """Whether any pixel of a widget has exactly this colour."""
    return colour.rgb() in colours(widget)


def controls(window: MainWindow) -> ScriptControls:
    """The controls of the user's program that is opened."""
    shown = window.program.script_controls
    assert shown is not None
    return shown


def launched(bridge: FakeBridge) -> Launch:
    """The last launch that was sent."""
    launch = last(bridge, messages.Launch)
    assert isinstance(launch, Launch)
    return launch


def drop(window: MainWindow, *paths: Path | str) -> None:
    """Drop files, or a text, on the window as the system does."""
    data = QMimeData()
    if paths and isinstance(paths[0], Path):
        data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    else:
        data.setText("two.py")
    how = (Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    enters = QDragEnterEvent(QPoint(300, 300), *how)
    QApplication.sendEvent(window, enters)
    if enters.isAccepted():
        QApplication.sendEvent(window, QDropEvent(QPointF(300, 300), *how))
