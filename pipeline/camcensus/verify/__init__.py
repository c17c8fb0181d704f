"""Verify: proves a data folder or a published report from nothing but itself."""
