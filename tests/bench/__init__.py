"""Measures what an answer costs (design, Speed): `python -m tests.bench`."""
