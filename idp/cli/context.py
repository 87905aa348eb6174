"""What every command is given: the configuration, and the site it describes, read when it is first asked for."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from idp.core.errors import ConfigError
from idp.plugin import Tools

if TYPE_CHECKING:
    from idp.app import Site

DEFAULT_CONF = Path("conf")


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


def with_conf(command: Callable[..., Any]) -> Callable[..., Any]:
    """Let a command take --conf itself too; it is written into the context either way."""
    return click.option(
        "--conf",
        type=click.Path(path_type=Path),
        expose_value=False,
        callback=_take_conf,
        help="The configuration: its folder, or the file idp.toml.",
    )(command)


def _take_conf(context: click.Context, _parameter: click.Parameter, value: Path | None) -> None:
    if value is not None:
        context.ensure_object(CommandContext).conf = value.absolute()
