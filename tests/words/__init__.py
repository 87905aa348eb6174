"""Texts in each language, and which language."""
