"""Collection over the network: client, plan, download, sample and match counts."""
