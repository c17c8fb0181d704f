"""How raw data gets into a snapshot. So far: existing exports."""
