"""How many hosts two engines together missed."""
