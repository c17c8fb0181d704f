"""How wrong the software is: simulated worlds, a loopback Shodan, accuracy."""
