"""Proves a password by binding to the directory."""

from datetime import timedelta

from idp.plugin import Budget, Factor, Limit, Plugin
from plugins.password.method import PasswordMethod
from plugins.password.settings import PasswordSettings

PLUGIN = Plugin(
    name="password",
    package=__name__,
    factors=frozenset({Factor.KNOWLEDGE}),
    settings=PasswordSettings,
    make=PasswordMethod,
    budget=Budget(
        person=(Limit(10, timedelta(minutes=5)),),
        address=(Limit(300, timedelta(minutes=5)),),
        lanes=True,
    ),
)
