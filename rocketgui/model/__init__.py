"""The state of a run, built from messages: numpy and the standard library only, no Qt and no psutil.

Nothing is imported here, so that the command line can use `rocketgui.model.formatting` without paying for numpy.
"""
