"""Estimates beyond the counts: audits by hand, two engines, samples of address blocks, and change between years."""
