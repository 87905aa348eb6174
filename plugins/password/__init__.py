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
        # From each lane at most 40 wrong tries in any 15 minutes reach the directory: the last 20 of an hour and the
        # first 20 of the next. With two lanes a stranger may try from (outside, one named network) that is 80, so a
        # directory's own lock (pwdMaxFailure) of 100 never falls; for a lower one lower these in [limits.password].
        person=(Limit(10, timedelta(minutes=5)), Limit(20, timedelta(hours=1))),
        address=(Limit(300, timedelta(minutes=5)),),
        lanes=True,
    ),
)
