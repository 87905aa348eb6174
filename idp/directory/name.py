"""The name a person types: what may be asked for; the site's filter; and distinguished names compared."""

from functools import lru_cache

from ldap3.core.exceptions import LDAPExceptionError
from ldap3.utils.dn import parse_dn

from idp.core.errors import ConfigError, Problem
from idp.core.secret import Secret
from idp.directory.wire import Query

LONGEST_USERNAME = 256
LONGEST_PASSWORD_BYTES = 1024

_PLACE = "{username}"


def is_usable_username(username: str) -> bool:
    """Tell whether a name is worth a question to the directory (security.md W-03)."""
    return (
        0 < len(username) <= LONGEST_USERNAME
        and not username.isspace()
        and not any(ord(char) < 0x20 or ord(char) == 0x7F or 0xD800 <= ord(char) <= 0xDFFF for char in username)
    )


def is_usable_password(password: Secret) -> bool:
    """Tell whether a password may be sent: an empty one is no proof, whatever a server says to it (W-02, W-13)."""
    value = password.reveal()
    return 0 < len(value) <= LONGEST_PASSWORD_BYTES and bool(value.strip()) and b"\0" not in value


def read_user_filter(user_filter: str) -> Query:
    """Read the site's filter, which must say where the name goes; raises ConfigError."""
    try:
        query = Query(user_filter, _PLACE) if _PLACE in user_filter else None
    except ValueError:
        query = None
    if query is None:
        problem = Problem(
            "idp.toml", "directory.user_filter", f"{user_filter!r} is not usable", "Write e.g. (uid={username})"
        )
        raise ConfigError([problem])
    return query


def is_same_dn(one: str, other: str) -> bool:
    """Compare distinguished names without regard to case, space and the way of escaping."""
    return one.casefold() == other.casefold() or plain_dn(one) == plain_dn(other)


@lru_cache(maxsize=8192)
def plain_dn(dn: str) -> str | tuple[tuple[str, str], ...]:
    """Give what all spellings of a distinguished name have in common; of what is none, the text without its case."""
    try:
        parts = parse_dn(dn, strip=True)
    except LDAPExceptionError:
        return dn.casefold()
    return tuple((str(name).casefold(), _plain(str(value)).casefold()) for name, value, _ in parts)


def _plain(value: str) -> str:
    """Undo the escapes of RFC 4514 2.4."""
    octets, index, source = bytearray(), 0, value.encode()
    while index < len(source):
        if source[index] != ord("\\"):
            octets.append(source[index])
            index += 1
            continue
        pair = source[index + 1 : index + 3]
        try:
            octets += bytes.fromhex(pair.decode("ascii"))
            index += 3
        except ValueError:
            octets += pair[:1]
            index += 2
    return octets.decode("utf-8", "replace")
