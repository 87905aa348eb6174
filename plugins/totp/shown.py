"""Names from a directory or a file as a terminal may show them."""


def shown(text: str) -> str:
    """Escape what moves a cursor, hides or ends a line."""
    return text if text.isprintable() else text.encode("unicode_escape").decode("ascii")
