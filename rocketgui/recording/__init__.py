"""Files: reports, written whole or not at all."""
