"""Short-lived state shared by all workers: replay records, conversations, sessions, tickets, counters (design 6, 8).

Every row has a kind, and an id of one kind is never found under another (security.md S-04). Whoever holds an id that a
browser also holds gives the store its hash as the key: the store keeps what it is given.

What the clock does to it (security.md F-08). Life and death are judged by the clock given, never by the engine's own.
When that clock steps back, what was taken or removed stays gone, what was swapped stays swapped, a row that lived on
its word may live again, and a counter neither forgets its count nor ends sooner; `SWEEP_AFTER` keeps dead rows for a
while, so that a short leap forward and back does not open a replay record either.

What lasts, the letters that wait, is apart from all that (`records.py`).
"""

from idp.store.moments import PluginMoments, Store
from idp.store.records import LetterRecord, Letters, Waiting
from idp.store.redis import RedisStore
from idp.store.sqlite import SQLiteStore

__all__ = ["LetterRecord", "Letters", "PluginMoments", "RedisStore", "SQLiteStore", "Store", "Waiting"]
