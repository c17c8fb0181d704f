"""Scripts that check the project itself; no part of the installed package."""
