"""Tests: what Warifu must do, and the parts that judge it."""
