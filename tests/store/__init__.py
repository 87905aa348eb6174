"""Short-lived state: one conformance suite for both stores."""
