"""The version of the evidence that ingest reads of a banner: part of a snapshot's method."""

# Raise this when ingest reads evidence that it did not read before. Version 1: before 2026-11-30.
EVIDENCE_VERSION = 2
