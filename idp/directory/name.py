"""The name a person types: into one filter, escaped; and distinguished names compared."""

from ldap3.core.exceptions import LDAPExceptionError
from ldap3.utils.conv import escape_filter_chars
from ldap3.utils.dn import parse_dn

from idp.core.errors import ConfigError, Problem
from idp.core.secret import Secret

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


def check_user_filter(user_filter: str) -> None:
    """Refuse a filter that does not say where the name goes; raises ConfigError."""
    if _PLACE not in user_filter or not (user_filter.startswith("(") and user_filter.endswith(")")):
        problem = Problem(
            "idp.toml", "directory.user_filter", f"{user_filter!r} is not usable", "Write e.g. (uid={username})"
        )
        raise ConfigError([problem])


def user_query(user_filter: str, username: str) -> str:
    """Put a typed name into the site's filter, so that it can only be a value (security.md W-01)."""
    return user_filter.replace(_PLACE, str(escape_filter_chars(username)))


def id_query(attribute: str, value: bytes) -> str:
    """A filter for one immutable id."""
    return f"({attribute}={escape_filter_chars(value)})"


def is_same_dn(one: str, other: str) -> bool:
    """Compare distinguished names without regard to case, space and the way of escaping."""
    if one.casefold() == other.casefold():
        return True
    try:
        return _parts(one) == _parts(other)
    except LDAPExceptionError:
        return False


def _parts(dn: str) -> list[tuple[str, str]]:
    return [(str(name).casefold(), _plain(str(value)).casefold()) for name, value, _ in parse_dn(dn, strip=True)]


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
