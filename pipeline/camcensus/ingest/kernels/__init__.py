"""Ingest many banners at once, without a string of Python on the usual path.

Kernels find spans; Python decides texts, once for each distinct key. A line about which anything is unusual goes
through the plain path (`ingest/observe.py`), which is the specification: both paths give the same tables.

`scan.py` finds the spans of the fields in each line, `typed.py` reads address, port, time and numbers, `answers.py`
cuts answers down to what is read of them, `intern.py` numbers distinct keys, `groups.py` decides what each key shows
by the plain path, `rows.py` puts it together and `cells.py` writes Arrow buffers.
"""
