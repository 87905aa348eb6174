"""Service providers that others wrote, and what they make of our answers."""
