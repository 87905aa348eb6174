"""Proves possession of a printed sheet of codes, of which each works once (NIST SP 800-63B-4 3.1.2)."""

from datetime import timedelta

from idp.plugin import Budget, Factor, Limit, Plugin
from warifu_codesheet.commands import commands
from warifu_codesheet.method import CodeSheetMethod
from warifu_codesheet.settings import CodeSheetSettings

PLUGIN = Plugin(
    name="codesheet",
    package=__name__,
    factors=frozenset({Factor.POSSESSION}),
    settings=CodeSheetSettings,
    make=CodeSheetMethod,
    budget=Budget(
        person=(Limit(5, timedelta(minutes=5)), Limit(50, timedelta(days=1))),
        address=(Limit(100, timedelta(minutes=5)),),
    ),
    commands=commands,
)
