"""Secrets that do not show themselves in a log, a traceback or a page."""

import hmac


class Secret:
    """Bytes that nobody should read by accident: keys, seeds, passwords, codes."""

    __slots__ = ("_value",)

    def __init__(self, value: bytes | str) -> None:
        self._value = value.encode("utf-8") if isinstance(value, str) else value

    def reveal(self) -> bytes:
        """Give the bytes themselves; the caller keeps them out of logs."""
        return self._value

    def matches(self, other: "Secret | bytes") -> bool:
        """Compare in constant time (ASVS 11.2.4)."""
        return hmac.compare_digest(self._value, other.reveal() if isinstance(other, Secret) else other)

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self.matches(other)

    def __hash__(self) -> int:
        raise TypeError("a Secret is not a key of a table")

    def __repr__(self) -> str:
        return "Secret(…)"

    def __reduce__(self) -> str:
        raise TypeError("a Secret is not serialised")
