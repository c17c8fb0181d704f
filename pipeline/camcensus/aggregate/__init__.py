"""From devices to counts: every cell of the cube, network concentration, age of firmware."""
