"""Values that every room speaks of; nothing here imports more than the standard library."""
