"""Breaks one line of the product at a time; each must make its named test fail (security.md 5.1).

`python -m tests.sabotage [word …]` runs every row, or those whose name holds one of the words. Nothing in this work
tree is changed: rows are applied to copies of it.
"""
