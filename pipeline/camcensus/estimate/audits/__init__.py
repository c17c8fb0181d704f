"""Errors found by labelling hosts by hand, within what was collected."""
