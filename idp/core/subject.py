"""Who a person is, apart from what they type."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Subject:
    """One entry of the directory.

    `id` is the entry's immutable id (entryUUID, nsUniqueId, objectGUID) and what every counter, lock and session
    hangs on; `username` is the value in the entry, in the entry's own case; `dn` is where the server says it is.
    """

    id: str
    username: str
    dn: str
