"""What a part answers an administrator's command, as one line, and written down."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from idp.plugin import AdminAct, Administration, AdminResult, DependencyError, SealError
from plugins.totp.shown import shown


@contextmanager
def reported(verb: str, administration: Administration, username: str = "") -> Iterator[None]:
    """End a block that cannot go on with a line for the administrator and one in the audit log."""
    try:
        yield
    except (DependencyError, SealError) as error:
        try:
            administration.record(AdminAct(verb, AdminResult.FAILED, username=username, code=error.code))
        except DependencyError:
            raise click.ClickException("the audit log cannot be written; nothing is done without it") from None
        raise click.ClickException(f"{error.code}: {shown(error.detail)}") from None
    except BrokenPipeError:
        raise  # who read the list has seen enough
    except FileExistsError:
        raise click.ClickException("the file is there already; name a new one") from None
    except OSError as error:
        raise click.ClickException(f"the file cannot be used ({error.strerror})") from None
