"""A package with one page, for methods that are tried by the conformance kit."""
