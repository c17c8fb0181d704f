"""Estimates from a sample of address blocks: how many there are in all, each with its interval."""
