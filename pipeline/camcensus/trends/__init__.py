"""Comparable series over the snapshots: query sets, query replay, comparability."""
