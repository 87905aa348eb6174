"""Writing an entry at the one writer: a change that somebody else was first for, or that was not recorded, is told."""

from collections.abc import Callable, Sequence

from idp.core.codes import Code
from idp.core.errors import DependencyError
from idp.directory.connection import ConnectionLostError, LDAPConnection
from idp.directory.pool import Pool, Server
from idp.directory.result import Answer, Result
from idp.directory.wire import Change

SOMEBODY_WAS_FIRST = frozenset(
    (
        Result.NO_SUCH_ATTRIBUTE,
        Result.CONSTRAINT_VIOLATION,
        Result.ATTRIBUTE_EXISTS,
        Result.NO_SUCH_OBJECT,
        Result.OBJECT_CLASS_VIOLATION,
        Result.ASSERTION_FAILED,
    )
)
_AWAY = frozenset((Result.BUSY, Result.UNAVAILABLE, Result.OTHER))


def modify(pool: Pool, dn: str, changes: Sequence[Change]) -> Answer:
    """Change an entry in one operation. Raises DependencyError when the writer does not answer."""
    work: Callable[[LDAPConnection, Server], Answer] = lambda connection, _: check_alive(  # noqa: E731
        connection, connection.modify(dn, changes)
    )
    return pool.run(work, again=False)


def add(pool: Pool, dn: str, attributes: Sequence[tuple[str, Sequence[bytes]]]) -> Answer:
    """Make an entry. Raises DependencyError when the writer does not answer."""
    work: Callable[[LDAPConnection, Server], Answer] = lambda connection, _: check_alive(  # noqa: E731
        connection, connection.add(dn, attributes)
    )
    return pool.run(work, again=False)


def check_alive(connection: LDAPConnection, answer: Answer) -> Answer:
    """Give an answer back; raises ConnectionLostError for one that says that the server is not up to it."""
    if answer.code in _AWAY:
        raise ConnectionLostError(f"{connection.address.uri}: result {answer.code} {answer.message}")
    return answer


def was_recorded(answer: Answer, dn: str) -> bool:
    """Tell whether a compare-and-swap was done; raises DependencyError where it could not be."""
    if answer.code in SOMEBODY_WAS_FIRST:
        return False
    require_success(answer, dn)
    return True


def require_success(answer: Answer, dn: str) -> None:
    """Everything else means that nothing was recorded: read-only, referred elsewhere, no right, no schema (F-02)."""
    if answer.code != Result.SUCCESS:
        raise DependencyError(Code.DIRECTORY_READ_ONLY, f"writing {dn}: result {answer.code} {answer.message}")
