"""Confirms that a person reads the mail of their recovery address. No factor: mail is no authenticator of its own.

NIST SP 800-63B-4 3.1.3.1 says so of e-mail; who proves a password and this has proved one factor.
"""

from datetime import timedelta

from idp.plugin import Binding, Budget, Limit, Plugin
from plugins.mailcode.commands import commands
from plugins.mailcode.method import MailCodeMethod
from plugins.mailcode.settings import MailCodeSettings

PLUGIN = Plugin(
    name="mailcode",
    package=__name__,
    factors=frozenset(),
    settings=MailCodeSettings,
    make=MailCodeMethod,
    # Five tries of each of three codes (security.md E-02).
    budget=Budget(person=(Limit(15, timedelta(hours=6)),), address=(Limit(100, timedelta(minutes=5)),)),
    commands=commands,
    binds=Binding.CARD_AND_MAIL,
)
