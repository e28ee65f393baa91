"""Files: run files, reports."""
