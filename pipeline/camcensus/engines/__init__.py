"""Run row-wise maps in processes, and set-wise queries in SQL."""
