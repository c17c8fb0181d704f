"""Made-up data and a Shodan on this machine, so that everything can be tried without cost and against known truth."""
