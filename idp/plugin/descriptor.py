"""What a descriptor has to say, whoever reads it: the start of a site or the conformance kit."""

from importlib.resources import files
from pathlib import Path

from idp.core.proof import Factor
from idp.plugin.case import Fault, Rule
from idp.plugin.method import API, Plugin
from idp.plugin.outcome import Ask
from idp.settings.base import Settings

RESERVED = frozenset(
    (
        "account",
        "base",
        "certificate",
        "check",
        "choose",
        "code",
        "credentials",
        "demo",
        "directory",
        "error",
        "grace",
        "guides",
        "helpdesk",
        "init",
        "keys",
        "language",
        "logout",
        "metadata",
        "mfatest",
        "not_me",
        "notice",
        "parts",
        "person",
        "policy",
        "post",
        "proceed",
        "register",
        "registration",
        "rename",
        "report",
        "reset",
        "return",
        "serve",
        "several",
        "status",
        "tally",
    )
)
"""Names that buttons, texts, templates and commands of ours have."""


def find_faults(plugin: Plugin) -> list[Fault]:
    """Give what is wrong with a descriptor; of one for another interface nothing but that."""
    if plugin.api != API:
        return [Fault(Rule.INTERFACE, f"it is made for plug-in interface {plugin.api}, this is {API}")]
    faults = []
    if not (plugin.name.isascii() and plugin.name.isidentifier() and plugin.name.islower()):
        faults.append(Fault(Rule.NAME, f"its name {plugin.name!r} is not a lower-case word"))
    if plugin.name in RESERVED:
        faults.append(Fault(Rule.NAME, f"its name {plugin.name!r} is taken by a page, button or command of ours"))
    if not plugin.factors and plugin.binds is None:
        faults.append(Fault(Rule.FACTORS, "it names no factor, and says of no registration how it is bound"))
    named: frozenset[object] = frozenset(plugin.factors)
    unknown = sorted(repr(factor) for factor in named if not isinstance(factor, Factor))
    if unknown:
        faults.append(Fault(Rule.FACTORS, f"it names unknown factors: {', '.join(unknown)}"))
    settings: object = plugin.settings
    if not (isinstance(settings, type) and issubclass(settings, Settings)):
        faults.append(Fault(Rule.SETTINGS, "its settings are no subclass of idp.plugin.Settings"))
    return faults


def folder_of(plugin: Plugin) -> Path:
    """Give the folder of a plug-in's package, which holds its templates, words and static files.

    Raises ImportError.
    """
    return Path(str(files(plugin.package)))


def page_of(plugin: Plugin, ask: Ask) -> Path:
    """Give the template of a page."""
    return folder_of(plugin) / "templates" / plugin.name / f"{ask.page}.html"
