"""Sources: how the raw files of each kind become records, whichever engine they are from."""
