"""Debian's Shibboleth service provider: shibd and apache2 as plain processes, all their files in one folder."""

import html
import http.client
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from string import Template

from tests.clients.site import wait_until
from tests.parts.service_provider import TestSP
from tests.parts.site import ENTITY_ID
from tests.parts.slapd import free_port

TEMPLATES = Path(__file__).parent / "shibboleth"
MODULES = Path("/usr/lib/apache2/modules")
WEB_USER = "www-data"
START_SECONDS = 20.0
LOCATIONS = ("page", "mfa", "again", "passive")
_NAMES = {
    "uid": "uid",
    "mail": "mail",
    "displayName": "displayName",
    "eppn": "eduPersonPrincipalName",
    "affiliation": "eduPersonScopedAffiliation",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """What a protected page was told by mod_shib."""

    environment: dict[str, str]

    @property
    def attributes(self) -> dict[str, list[str]]:
        """Values by friendly name."""
        told = {ours: self.environment.get(theirs, "") for theirs, ours in _NAMES.items()}
        return {name: sorted(value.split(";")) for name, value in told.items()}

    @property
    def authn_context(self) -> str:
        return self.environment["Shib-AuthnContext-Class"]

    @property
    def session_id(self) -> str:
        return self.environment["Shib-Session-ID"]

    @property
    def authn_instant(self) -> str:
        return self.environment["Shib-Authentication-Instant"]


@dataclass(frozen=True, slots=True)
class ShibbolethSP:
    """The running service provider; each of LOCATIONS is a page that shows its environment."""

    folder: Path
    port: int
    entity_id: str

    def url(self, location: str) -> str:
        """Give the address of a protected page."""
        return f"http://localhost:{self.port}/{location}/index.html"

    def metadata(self) -> bytes:
        """Give the metadata it makes of itself."""
        status, body = self._fetch("/Shibboleth.sso/Metadata")
        if status != 200:
            raise RuntimeError(f"no metadata: {status} {self.logs()}")
        return body

    def is_up(self) -> bool:
        """Say whether it answers."""
        try:
            return self._fetch("/Shibboleth.sso/Metadata")[0] == 200
        except OSError:
            return False

    def transactions(self) -> str:
        """Give what it says of logins."""
        return (self.folder / "shibd.transaction.log").read_text()

    def decrypted(self) -> list[str]:
        """Give the assertions it has decrypted, in order."""
        return re.findall(r"decrypted Assertion: (<.*</saml:Assertion>)", (self.folder / "shibd.log").read_text())

    def logs(self) -> str:
        """Give what its processes have written, transactions last."""
        names = ("apache2.log", "native.log", "shibd.out", "shibd.log", "shibd.transaction.log")
        return "\n".join((self.folder / name).read_text() for name in names if (self.folder / name).exists())

    def _fetch(self, path: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=START_SECONDS)
        try:
            connection.request("GET", path, headers={"Host": f"localhost:{self.port}"})
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()


def shown_on(body: bytes) -> Shown:
    """Read a protected page."""
    lines = (line.partition("=") for line in body.decode().splitlines())
    return Shown({name: html.unescape(value) for name, _, value in lines})


@contextmanager
def running_shibboleth_sp(sp: TestSP, idp_metadata: bytes) -> Iterator[ShibbolethSP]:
    """Start it, trusting `idp_metadata`; end both processes."""
    # Not under the tests' own folder, which nobody else may enter: apache2 gives up being root.
    folder = Path(tempfile.mkdtemp(prefix="shibboleth-sp-"))
    folder.chmod(0o755)
    running = ShibbolethSP(folder, free_port(), sp.entity_id)
    try:
        _write_files(running, sp, idp_metadata)
        with _shibd(folder), _apache2(running):
            yield running
    finally:
        shutil.rmtree(folder)


def _write_files(running: ShibbolethSP, sp: TestSP, idp_metadata: bytes) -> None:
    folder = running.folder
    root = os.geteuid() == 0
    values = {
        "folder": str(folder),
        "port": str(running.port),
        "modules": str(MODULES),
        "entity_id": sp.entity_id,
        "idp_entity_id": ENTITY_ID,
        "user": f"User {WEB_USER}\nGroup {WEB_USER}" if root else "",
    }
    for name in ("shibboleth2.xml", "attribute-map.xml", "apache2.conf"):
        (folder / name).write_text(Template((TEMPLATES / name).read_text()).substitute(values))
    shutil.copy(TEMPLATES / "session-error.html", folder)
    for name in ("shibd", "native", "console"):
        text = Template((TEMPLATES / "logger").read_text()).substitute(values, name=name)
        (folder / f"{name}.logger").write_text(text)
        for log in (folder / f"{name}.log", folder / f"{name}.transaction.log"):
            log.touch()
            if root and name == "native":
                shutil.chown(log, WEB_USER)
    (folder / "idp.xml").write_bytes(idp_metadata)
    (folder / "sp.key").write_bytes(sp.key_pem)
    (folder / "sp.crt").write_bytes(sp.certificate_pem)
    for location in LOCATIONS:
        page = folder / "pages" / location / "index.html"
        page.parent.mkdir(parents=True)
        page.write_text("<!--#printenv -->")


@contextmanager
def _shibd(folder: Path) -> Iterator[None]:
    command = ["/usr/sbin/shibd", "-F", "-f", "-c", f"{folder}/shibboleth2.xml", "-p", f"{folder}/shibd.pid"]
    with _process(command, folder / "shibd.out") as process:
        wait_until(lambda: _alive(process) and (folder / "shibd.sock").exists(), "shibd listens", START_SECONDS)
        yield


@contextmanager
def _apache2(running: ShibbolethSP) -> Iterator[None]:
    command = ["/usr/sbin/apache2", "-DFOREGROUND", "-f", str(running.folder / "apache2.conf")]
    with _process(command, running.folder / "apache2.out") as process:
        wait_until(lambda: _alive(process) and running.is_up(), "apache2 answers", START_SECONDS)
        yield


@contextmanager
def _process(command: list[str], output: Path) -> Iterator[subprocess.Popen[bytes]]:
    with output.open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        yield process
    except TimeoutError as error:
        raise RuntimeError(f"{error}: {output.read_text()}") from None
    finally:
        process.terminate()
        process.wait(START_SECONDS)


def _alive(process: subprocess.Popen[bytes]) -> bool:
    if process.poll() is not None:
        raise TimeoutError(f"{process.args!r} ended")
    return True
