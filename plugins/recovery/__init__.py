"""Proves possession of recovery codes that the person kept when they registered (NIST SP 800-63B-4 4.2.1.1)."""

from datetime import timedelta

from idp.plugin import Budget, Factor, Limit, Plugin
from plugins.recovery.commands import commands
from plugins.recovery.credential import RECOVERY
from plugins.recovery.method import RecoveryMethod
from plugins.recovery.settings import RecoverySettings

PLUGIN = Plugin(
    name="recovery",
    package=__name__,
    factors=frozenset({Factor.POSSESSION}),
    settings=RecoverySettings,
    make=RecoveryMethod,
    budget=Budget(
        person=(Limit(5, timedelta(minutes=5)), Limit(20, timedelta(hours=1)), Limit(50, timedelta(days=1))),
        address=(Limit(100, timedelta(minutes=5)), Limit(500, timedelta(hours=1))),
        shared_with="totp",
    ),
    commands=commands,
    last_resort=True,
    kinds=(RECOVERY,),
)
