"""Read raw files into records, whichever engine they are from."""
