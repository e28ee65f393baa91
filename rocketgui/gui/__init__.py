"""The window. Nothing is imported here, so that `gui.options` can be used without Qt."""
