"""From evidence to maker, model and product type: the catalogue and what matches it."""
