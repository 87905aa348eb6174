"""Finds plug-ins by the entry-point group `idp.plugins`; found is not enabled, enabled but unusable ends the start."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from idp.core.errors import ConfigError, Problem
from idp.plugin.descriptor import find_faults, folder_of
from idp.plugin.method import Method, Plugin
from idp.settings.load import find_file, load_plugin_settings

GROUP = "idp.plugins"


@dataclass(frozen=True, slots=True)
class Enabled:
    """A plug-in that the configuration names, with the method made from its settings.

    `owner` is the distribution it came with and its version.
    """

    plugin: Plugin
    method: Method
    owner: str = ""


def discover() -> dict[str, EntryPoint]:
    """Give every installed plug-in by name, without importing any.

    Raises ConfigError when two distributions offer one name.
    """
    return {name: only_offer(name, points) for name, points in offers().items()}


def offers() -> dict[str, list[EntryPoint]]:
    """Give by name who offers a plug-in; a distribution that is found twice is one."""
    found: dict[str, list[EntryPoint]] = {}
    for point in entry_points(group=GROUP):
        points = found.setdefault(point.name, [])
        if all((other.value, owner_of(other)) != (point.value, owner_of(point)) for other in points):
            points.append(point)
    return found


def only_offer(name: str, points: Sequence[EntryPoint]) -> EntryPoint:
    """Give the one offer of a name. Raises ConfigError when there are two."""
    if len(points) == 1:
        return points[0]
    owners = " and ".join(sorted(map(owner_of, points)))
    raise ConfigError([Problem(GROUP, name, f"two packages offer it: {owners}", "Uninstall one of them")])


def load_plugin(name: str, point: EntryPoint) -> Plugin:
    """Import one plug-in. Raises ConfigError with what is wrong with it, and whose it is."""
    try:
        plugin = point.load()
    except (Exception, SystemExit) as error:
        raise _unusable(name, point, f"it cannot be imported: {_told(error)}") from error
    if not isinstance(plugin, Plugin):
        raise _unusable(name, point, f"its entry point is {type(plugin).__name__}, not a Plugin")
    if plugin.name != name:
        raise _unusable(name, point, f"it calls itself {plugin.name!r}")
    faults = find_faults(plugin)
    if faults:
        raise _unusable(name, point, *(fault.detail for fault in faults))
    return plugin


def enable(names: Sequence[str], settings: Mapping[str, Mapping[str, Any]], conf: Path) -> dict[str, Enabled]:
    """Give the named plug-ins in order, each with its method; `conf` is where their settings stand.

    Raises ConfigError with everything wrong at once.
    """
    found = discover()
    known = f"Installed: {', '.join(sorted(found)) or 'none'}"
    file = str(find_file(conf))
    enabled: dict[str, Enabled] = {}
    problems = [
        Problem(file, f"plugins.{name}", "no installed plug-in has this name", known)
        for name in settings
        if name not in found
    ]
    for name in names:
        if name not in found:
            problems.append(Problem(file, "login.methods", f"no plug-in {name!r} is installed", known))
            continue
        try:
            enabled[name] = _enable(name, found[name], settings.get(name, {}), conf)
        except ConfigError as error:
            problems.extend(error.problems)
    if problems:
        raise ConfigError(problems)
    return enabled


def owner_of(point: EntryPoint) -> str:
    """Give the distribution that offers a plug-in, with its version."""
    return f"{point.dist.name} {point.dist.version}" if point.dist else point.value


def _enable(name: str, point: EntryPoint, table: Mapping[str, Any], conf: Path) -> Enabled:
    plugin = load_plugin(name, point)
    try:
        folder_of(plugin)
        method = plugin.make(load_plugin_settings(plugin.settings, table, conf, name))
    except ConfigError:
        raise
    except Exception as error:
        raise _unusable(name, point, f"it cannot be made from its settings: {_told(error)}") from error
    if not all(callable(getattr(method, operation, None)) for operation in ("begin", "resume")):
        raise _unusable(name, point, f"{type(method).__name__} is no method: it lacks begin or resume")
    return Enabled(plugin, method, owner_of(point))


def _unusable(name: str, point: EntryPoint, *whats: str) -> ConfigError:
    remedy = "Update it, or take it from login.methods"
    return ConfigError([Problem(GROUP, name, f"{what} ({owner_of(point)})", remedy) for what in whats])


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
