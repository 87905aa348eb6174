"""Proves possession of a one-time password app (RFC 6238) whose secret is on the person's entry."""

from datetime import timedelta

from idp.plugin import Budget, Factor, Limit, Plugin
from plugins.totp.commands import commands
from plugins.totp.credential import KINDS
from plugins.totp.method import TOTPMethod
from plugins.totp.settings import TOTPSettings

PLUGIN = Plugin(
    name="totp",
    package=__name__,
    factors=frozenset({Factor.POSSESSION}),
    settings=TOTPSettings,
    make=TOTPMethod,
    budget=Budget(
        person=(Limit(5, timedelta(minutes=5)), Limit(20, timedelta(hours=1)), Limit(50, timedelta(days=1))),
        address=(Limit(100, timedelta(minutes=5)), Limit(500, timedelta(hours=1))),
    ),
    commands=commands,
    kinds=KINDS,
)
