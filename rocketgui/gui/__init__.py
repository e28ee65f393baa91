"""The window. Nothing is imported here: each part takes what it needs."""
