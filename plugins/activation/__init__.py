"""A code that the help desk gives to somebody it has identified, to register with; a confirmation, no factor."""

from datetime import timedelta

from idp.plugin import Binding, Budget, Limit, Plugin
from plugins.activation.commands import commands
from plugins.activation.issuing import issue
from plugins.activation.method import ActivationMethod
from plugins.activation.settings import ActivationSettings

__all__ = ["PLUGIN", "issue"]

PLUGIN = Plugin(
    name="activation",
    package=__name__,
    factors=frozenset(),
    settings=ActivationSettings,
    make=ActivationMethod,
    budget=Budget(
        person=(Limit(5, timedelta(minutes=10)), Limit(20, timedelta(days=1))),
        address=(Limit(100, timedelta(minutes=5)),),
    ),
    commands=commands,
    binds=Binding.HELP_DESK,
)
