"""A site with a certificate address and an authority whose certificates it accepts, and browsers that have one."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from idp.core.codes import Code
from idp.plugin import CertificateEvidence, Outcome, Purpose, Tools, Visit
from plugins.clientcert.method import ClientCertificateMethod
from plugins.clientcert.settings import ClientCertificateSettings
from tests.login.conftest import OTHER_SP, SP
from tests.parts.client_certificates import ClientCA, Shown, authority_toml, make_client_ca
from tests.parts.site import ASK_ALWAYS, CERTIFICATE_URL, NOW, OUTSIDE, Browser, Idp, Page, make_conf
from tests.parts.slapd import RunningSlapd, own_slapd, slapd

__all__ = ["own_slapd", "slapd"]

LISTEN = 'plain = "127.0.0.1:8080"\nproxies = ["127.0.0.1/32"]\n'
PASSWORDS = {"alice": "alice's Password 1", "bob": "bob's Password 2"}


@dataclass
class Judge:
    """The method with rules of a test's own, on the real directory."""

    tools: Tools
    alarms: list[str]

    def judge(
        self, shown: Shown | bytes, *rows: dict[str, object], username: str = "alice", chain: tuple[bytes, ...] = ()
    ) -> Code | None:
        """Give the code of the refusal; None when the person was proved."""
        der = shown if isinstance(shown, bytes) else shown.der
        evidence = CertificateEvidence(der, chain)
        outcome = self.resume(evidence, *rows, username=username)
        return getattr(outcome, "problem", None)

    def resume(self, evidence: CertificateEvidence, *rows: dict[str, object], username: str = "alice") -> Outcome:
        """Give what the method answers to who is back from the certificate listener."""
        method = ClientCertificateMethod(ClientCertificateSettings.model_validate({"authorities": rows}))
        subject = self.tools.people.find(username)
        visit = Visit(Purpose.LOGIN, subject, "outside", "en", "browser", certificate=evidence)
        return method.resume(visit, self.tools)


@pytest.fixture(scope="session")
def ca() -> ClientCA:
    """The authority whose certificates are accepted."""
    return make_client_ca("people", NOW)


@pytest.fixture(scope="session")
def foreign() -> ClientCA:
    """One that nobody has told us of."""
    return make_client_ca("foreign", NOW)


@pytest.fixture
def row(ca: ClientCA, tmp_path: Path) -> dict[str, object]:
    """The authority as the configuration names it, with an empty list of revoked certificates."""
    return {"name": "people", "ca": ca.file(tmp_path / "ca.pem"), "crls": (ca.crl(tmp_path / "ca.crl"),)}


@pytest.fixture
def judge(slapd: RunningSlapd, tmp_path: Path) -> Iterator[Judge]:
    """Judges certificates as the method does."""
    idp = Idp.load(make_conf(tmp_path / "judge", slapd))
    alarms: list[str] = []
    tools = idp.site.tools("clientcert")
    yield Judge(replace(tools, alarm=alarms.append), alarms)
    idp.close()


@pytest.fixture
def idp(slapd: RunningSlapd, ca: ClientCA, tmp_path: Path) -> Iterator[Idp]:
    """A site that asks everybody for a certificate; alice has an app."""
    idp = Idp.load(make_conf(tmp_path / "conf", slapd, **site_options(ca, tmp_path)))
    idp.register(SP, OTHER_SP)
    idp.enrol("alice")
    yield idp
    idp.close()


def site_options(ca: ClientCA, folder: Path, listen: str = "") -> dict[str, object]:
    """Give what `make_conf` needs for a site with a certificate address."""
    crls = f'["{ca.crl(folder / "ca.crl")}"]'
    return {
        "listen_toml": f'{LISTEN}certificate_url = "{CERTIFICATE_URL}"\n{listen}',
        "plugins_toml": ASK_ALWAYS + authority_toml(ca.file(folder / "ca.pem"), crls=crls),
    }


def at_certificate(idp: Idp, username: str = "alice", **request: object) -> tuple[Browser, Page]:
    """Give a new browser outside and its page that asks for the certificate."""
    browser = idp.browser(OUTSIDE)
    page = browser.visit(SP, **request)
    page = browser.submit(page, j_username=username, j_password=PASSWORDS[username])
    assert page.name == "certificate"
    return browser, page
