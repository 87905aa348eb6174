"""What every command is given: the configuration, and the site it describes, read when it is first asked for."""

import os
import pwd
import resource
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from idp.audit import AuditEvent, Decision
from idp.core.errors import ConfigError, Problem
from idp.core.subject import Subject
from idp.plugin import AdminAct, Keeper, Method, NoticeKind, Tools

if TYPE_CHECKING:
    from idp.app import Site

DEFAULT_CONF = Path("conf")
PRIVATE = 0o077
FOR_OTHERS_NOTHING = 0o027


@dataclass(slots=True)
class CommandContext:
    """`context.obj` of a command, plug-ins' commands too."""

    conf: Path = field(default_factory=DEFAULT_CONF.absolute)
    _site: "Site | None" = None

    def site(self) -> "Site":
        """Give the loaded site; ends with the list of problems if it cannot be loaded."""
        if self._site is None:
            from idp.app import load  # noqa: PLC0415 - commands that need no site start without it

            try:
                self._site = load(self.conf)
            except ConfigError as error:
                raise click.ClickException(error.detail) from None
        return self._site

    def tools(self, method: str) -> Tools:
        """Give a method its tools, as they would be in a step of a login right now."""
        return self.site().tools(method)

    def method(self, name: str) -> Method:
        """Give a method with the site's settings. Raises ConfigError where it is not enabled."""
        enabled = self.site().methods.get(name)
        if enabled is None:
            what = "is not enabled"
            raise ConfigError([Problem("idp.toml", f"plugins.{name}", what, "Add it to login.methods, or to a way")])
        return enabled.method

    def keeper(self) -> Keeper:
        """Give everybody's credentials."""
        return self.site().keeper

    def members(self, group: str) -> Sequence[Subject]:
        """Give everybody in a group, named by its DN, by user name. Raises DependencyError."""
        return sorted(self.site().keeper.members(group), key=lambda each: each.username)

    def forgive(self, method: str, subject: Subject) -> None:
        """Give a person all tries of a method back, and a first registration. Raises DependencyError."""
        self.site().throttle.forgive(method, subject)
        self.site().registrations.forgive(method, subject)

    def guard_secrets(self) -> Callable[[], None]:
        """Leave no core dump of this process, and no file of it to others (security.md X-07).

        Gives what puts the mask for new files back, for a process that goes on.
        """
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        before = os.umask(PRIVATE)
        return lambda: void(os.umask(before))

    def record(self, act: AdminAct) -> None:
        """Write an act down with the name of who did it (X-10). Raises DependencyError AUDIT_DOWN.

        Shibboleth's line has no place for an administrator: it stands where a browser's name stands.
        """
        actor = administrator()
        event = AuditEvent(
            decision=Decision(act.result.value),
            username=act.subject.username if act.subject else act.username,
            subject_id=act.subject.id if act.subject else "",
            event=act.verb.upper().replace(" ", "_"),
            code=act.code,
            reason=act.reason,
            actor=actor,
            user_agent=f"warifu {act.verb} ({actor})",
        )
        before = os.umask(FOR_OTHERS_NOTHING)  # a log that is made here is made as the server makes it
        try:
            self.site().audit.record(event)
        finally:
            os.umask(before)

    def telling(self, kind: NoticeKind, subject: Subject, method: str = "") -> AbstractContextManager[None]:
        """Make a change, the body of `with`, of which the person is told by mail when it is made (T-33)."""
        return self.site().notices.telling(kind, subject, "", self.site().clock(), method=method)


def void(_: object) -> None:
    """Leave an answer aside."""


def administrator() -> str:
    """Give who runs this process by the system's word, and who they were before sudo."""
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        name = str(os.getuid())
    before = os.environ.get("SUDO_USER", "") if os.getuid() == 0 else ""
    return f"{name}, sudo by {before}" if before else name


def with_conf(command: Callable[..., Any]) -> Callable[..., Any]:
    """Let a command take --conf itself too; it is written into the context either way."""
    return click.option(
        "--conf",
        type=click.Path(path_type=Path),
        expose_value=False,
        callback=_take_conf,
        help="The configuration: its folder, or the file idp.toml.",
    )(command)


def accept_conf(command: click.Command) -> click.Command:
    """Let a plug-in's command, and all that is in it, take --conf too."""
    if not any("--conf" in parameter.opts for parameter in command.params):
        with_conf(command)
    for inner in command.commands.values() if isinstance(command, click.Group) else ():
        accept_conf(inner)
    return command


def _take_conf(context: click.Context, _parameter: click.Parameter, value: Path | None) -> None:
    if value is not None:
        context.ensure_object(CommandContext).conf = value.absolute()
