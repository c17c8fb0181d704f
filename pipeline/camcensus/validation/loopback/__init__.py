"""A Shodan on this machine, to try and to test collection without cost."""
