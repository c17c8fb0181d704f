"""How wrong the software is where the truth is known: in simulated worlds, never in the world."""
