"""What can be said beyond counting: hosts that no engine saw, errors found by hand, changes between years."""
