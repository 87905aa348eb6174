"""Offers the client certificate as second factor."""

from idp.plugin import Factor, Plugin
from plugins.clientcert.method import ClientCertificateMethod
from plugins.clientcert.settings import ClientCertificateSettings

PLUGIN = Plugin(
    name="clientcert",
    package=__name__,
    factors=frozenset({Factor.POSSESSION}),
    settings=ClientCertificateSettings,
    make=ClientCertificateMethod,
    budget=None,
)
