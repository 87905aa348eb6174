"""Proves possession of a matrix code card: cells of a printed grid, each asked for once (NIST SP 800-63B-4 3.1.2)."""

from datetime import timedelta

from idp.plugin import Binding, Budget, Factor, Limit, Plugin
from plugins.matrix.commands import commands
from plugins.matrix.credential import MATRIX
from plugins.matrix.method import MatrixMethod
from plugins.matrix.settings import MatrixSettings

PLUGIN = Plugin(
    name="matrix",
    package=__name__,
    factors=frozenset({Factor.POSSESSION}),
    settings=MatrixSettings,
    make=MatrixMethod,
    budget=Budget(
        person=(Limit(5, timedelta(minutes=5)), Limit(20, timedelta(hours=1)), Limit(50, timedelta(days=1))),
        address=(Limit(100, timedelta(minutes=5)), Limit(500, timedelta(hours=1))),
        shared_with="totp",
    ),
    commands=commands,
    binds=Binding.CARD_AND_MAIL,
    kinds=(MATRIX,),
)
