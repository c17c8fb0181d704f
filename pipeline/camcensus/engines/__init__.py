"""Where stages run: row-wise maps in processes, set-wise queries in SQL."""
