"""The plots: the only place that knows pyqtgraph."""
