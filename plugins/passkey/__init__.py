"""Proves possession of a passkey (WebAuthn Level 3) registered for the person, after a password or in place of it."""

from datetime import timedelta

from idp.plugin import Budget, Factor, Limit, Plugin
from plugins.passkey.commands import commands
from plugins.passkey.credential import PASSKEY
from plugins.passkey.method import make_method
from plugins.passkey.settings import PasskeySettings

PLUGIN = Plugin(
    name="passkey",
    package=__name__,
    factors=frozenset({Factor.POSSESSION, Factor.KNOWLEDGE}),
    settings=PasskeySettings,
    make=make_method,
    budget=Budget(
        person=(Limit(10, timedelta(minutes=5)), Limit(50, timedelta(days=1))),
        address=(Limit(100, timedelta(minutes=5)), Limit(500, timedelta(hours=1))),
    ),
    commands=commands,
    kinds=(PASSKEY,),
)
