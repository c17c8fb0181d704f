"""What is in a snapshot's raw folder: imported files, collected pages, ledger, completeness. No network."""
