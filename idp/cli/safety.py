"""What is unsafe stops the start; the same words from `warifu check` and `warifu serve` (security.md 5.2)."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from idp import app
from idp.cli.safe_addresses import find_address_problems, find_opened
from idp.cli.safe_files import find_file_problems
from idp.cli.safe_keys import find_key_problems, find_key_warnings
from idp.cli.safe_networks import find_network_warnings
from idp.core.errors import ConfigError, Problem
from idp.settings.live_networks import LiveNetworks
from idp.settings.load import find_file, load_settings
from idp.settings.model import IdPSettings
from idp.settings.rule_order import find_rule_warnings
from idp.web.site import Site

CANNOT_START = 78
"""The exit code of sysexits.h for a configuration that cannot be used (EX_CONFIG)."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found: `problems` stop the start, `warnings` are said and no more; settings are None if unreadable.

    A site starts with what is `degraded`, less than it should be, and says so.
    """

    problems: tuple[Problem, ...]
    warnings: tuple[str, ...] = ()
    degraded: tuple[Problem, ...] = ()
    settings: IdPSettings | None = None


def examine(conf: Path, now: datetime) -> Findings:
    """Judge a configuration by its files alone; nothing is started and nobody is asked."""
    file = find_file(conf)
    try:
        settings = load_settings(conf)
    except ConfigError as error:
        return Findings(tuple(error.problems))
    problems = [
        *find_file_problems(settings, str(file), file.parent),
        *find_key_problems(settings, str(file)),
        *find_address_problems(settings, str(file)),
    ]
    networks = LiveNetworks(file, lambda _: None, now)
    warnings = (
        *find_opened(settings),
        *find_key_warnings(settings, now),
        *find_network_warnings(networks),
        *find_rule_warnings(settings),
    )
    return Findings(tuple(problems), warnings, networks.problems, settings)


def load_safe(conf: Path, now: datetime) -> Site:
    """Load a site. Raises ConfigError with what cannot be used, and with what is unsafe."""
    problems = examine(conf, now).problems
    if problems:
        raise ConfigError(list(problems))
    return app.load(conf)
