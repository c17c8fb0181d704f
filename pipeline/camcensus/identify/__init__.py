"""Identify maker, model and product type from evidence: the catalogue and its matcher."""
