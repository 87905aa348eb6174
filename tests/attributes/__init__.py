"""What is resolved, what is released, and name identifiers."""
