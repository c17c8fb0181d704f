"""Turn records into observations: what is read of a banner, and what is never kept."""
