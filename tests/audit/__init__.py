"""The audit stream and the process log."""
