"""Finds plug-ins by the entry-point group `idp.plugins`; found is not enabled, enabled but unusable ends the start."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from importlib.resources import files
from pathlib import Path
from typing import Any

from idp.core.errors import ConfigError, Problem
from idp.plugin.method import API, Method, Plugin
from idp.settings.load import load_plugin_settings

GROUP = "idp.plugins"
FILE = "idp.toml"


@dataclass(frozen=True, slots=True)
class Enabled:
    """A plug-in that the configuration names, with the method made from its settings."""

    plugin: Plugin
    method: Method


def discover() -> dict[str, EntryPoint]:
    """Give every installed plug-in by name, without importing any.

    Raises ConfigError when two distributions offer one name.
    """
    found: dict[str, EntryPoint] = {}
    for point in entry_points(group=GROUP):
        other = found.get(point.name)
        if other is not None and other.value != point.value:
            raise ConfigError(
                [
                    Problem(
                        GROUP,
                        point.name,
                        f"two packages offer it: {_owner(other)} and {_owner(point)}",
                        "Uninstall one of them",
                    )
                ]
            )
        found[point.name] = point
    return found


def load_plugin(name: str, point: EntryPoint) -> Plugin:
    """Import one plug-in. Raises ConfigError with what is wrong with it, and whose it is."""
    try:
        plugin = point.load()
    except Exception as error:
        raise _unusable(name, point, f"it cannot be imported: {error}") from error
    if not isinstance(plugin, Plugin):
        raise _unusable(name, point, f"its entry point is {type(plugin).__name__}, not a Plugin")
    if plugin.name != name:
        raise _unusable(name, point, f"it calls itself {plugin.name!r}")
    if plugin.api != API:
        raise _unusable(name, point, f"it is made for plug-in interface {plugin.api}, this is {API}")
    if not plugin.factors:
        raise _unusable(name, point, "it names no factor")
    return plugin


def enable(names: Sequence[str], settings: Mapping[str, Mapping[str, Any]], conf: Path) -> dict[str, Enabled]:
    """Give the named plug-ins in order, each with its method. Raises ConfigError with everything wrong at once.

    `conf` is the configuration that `settings` were read from, which paths in them are relative to.
    """
    found = discover()
    enabled: dict[str, Enabled] = {}
    problems = [
        Problem(FILE, f"plugins.{name}", "no installed plug-in has this name", f"Installed: {', '.join(sorted(found))}")
        for name in settings
        if name not in found
    ]
    for name in names:
        if name not in found:
            known = ", ".join(sorted(found)) or "none"
            problems.append(Problem(FILE, "login.methods", f"no plug-in {name!r} is installed", f"Installed: {known}"))
            continue
        try:
            plugin = load_plugin(name, found[name])
            own = load_plugin_settings(plugin.settings, settings.get(name, {}), conf, name)
            enabled[name] = Enabled(plugin, plugin.make(own))
        except ConfigError as error:
            problems.extend(error.problems)
    if problems:
        raise ConfigError(problems)
    return enabled


def folder_of(plugin: Plugin) -> Path:
    """Give the folder of a plug-in's package, which holds its templates, words and static files."""
    return Path(str(files(plugin.package)))


def _unusable(name: str, point: EntryPoint, what: str) -> ConfigError:
    return ConfigError([Problem(GROUP, name, f"{what} ({_owner(point)})", "Update it, or take it from login.methods")])


def _owner(point: EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist else point.value
