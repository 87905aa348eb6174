"""nginx and Apache as our samples have them, before a site of real workers, and a client that has a certificate."""

import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

import requests

from tests.cli.pages import Page
from tests.login.conftest import SP
from tests.parts.authn_requests import authn_request, redirect_query
from tests.parts.certificates import Authority

CONF = Path(__file__).parents[2] / "conf"
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") or "nginx"
APACHE = shutil.which("apache2", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") or "apache2"
MODULES = Path("/usr/lib/apache2/modules")
PATIENCE_SECONDS = 20.0
LIBRARIES = ("mpm_event", "authz_core", "headers", "proxy", "proxy_http", "ssl", "socache_shmcb")


@dataclass(frozen=True, slots=True)
class Ports:
    """Where things listen on 127.0.0.1."""

    plain: int
    main: int
    certificate: int

    @property
    def base_url(self) -> str:
        return f"https://localhost:{self.main}"

    @property
    def certificate_url(self) -> str:
        return f"https://localhost:{self.certificate}"


@contextmanager
def nginx(ports: Ports, authority: Authority, client_ca: Path) -> Iterator[None]:
    """Run nginx with conf/nginx/warifu.conf and conf/nginx/certificate.conf."""
    with _folder() as folder:
        server = authority.issue("nginx")
        samples = "\n".join((CONF / "nginx" / name).read_text() for name in ("warifu.conf", "certificate.conf"))
        samples = samples.replace("    listen [::]:443 ssl;\n", "").replace("    listen [::]:9443 ssl;\n", "")
        samples = _fitted(
            samples, ports, client_ca, {"/etc/warifu/tls/idp.crt": server.certificate, **_key(server.key)}
        )
        samples = samples.replace("/var/log/nginx", str(folder)).replace("idp.example.ac.jp", "localhost")
        samples = samples.replace("listen 443 ssl", f"listen 127.0.0.1:{ports.main} ssl")
        samples = samples.replace("listen 9443 ssl", f"listen 127.0.0.1:{ports.certificate} ssl")
        # The sample is for port 443, which a Host header leaves out.
        samples = samples.replace("proxy_set_header Host $host;", "proxy_set_header Host $host:$server_port;")
        temporary = "".join(
            f"{name}_temp_path {folder}/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        main = folder / "nginx.conf"
        main.write_text(
            f"daemon off;\npid {folder}/pid;\nerror_log {folder}/error.log;\nworker_processes 1;\n"
            f"events {{}}\nhttp {{\n{temporary}{samples}\n}}\n"
        )
        with _running([NGINX, "-p", str(folder), "-c", str(main)], folder, ports):
            yield


@contextmanager
def apache(ports: Ports, authority: Authority, client_ca: Path) -> Iterator[None]:
    """Run Apache with conf/apache/warifu.conf and conf/apache/certificate.conf."""
    with _apache(ports, authority, client_ca, "warifu.conf", "certificate.conf"):
        yield


@contextmanager
def apache_alone(ports: Ports, authority: Authority, client_ca: Path) -> Iterator[None]:
    """Run Apache with conf/apache/warifu.conf; the certificate address is Warifu's own."""
    with _apache(ports, authority, client_ca, "warifu.conf"):
        yield


@contextmanager
def _apache(ports: Ports, authority: Authority, client_ca: Path, *samples: str) -> Iterator[None]:
    with _folder() as folder:
        server = authority.issue("apache")
        sample = "\n".join((CONF / "apache" / name).read_text() for name in samples)
        sample = _fitted(sample, ports, client_ca, {"/etc/warifu/tls/idp.crt": server.certificate, **_key(server.key)})
        sample = sample.replace("/var/log/apache2", str(folder)).replace("idp.example.ac.jp", "localhost")
        for number, port in (("443", ports.main), ("9443", ports.certificate)):
            sample = sample.replace(f"Listen {number}\n", f"Listen 127.0.0.1:{port}\n")
            sample = sample.replace(f"<VirtualHost *:{number}>", f"<VirtualHost *:{port}>")
        libraries = "\n".join(f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in LIBRARIES)
        user = "User www-data\nGroup www-data\n" if os.geteuid() == 0 else ""
        main = folder / "apache2.conf"
        main.write_text(
            f"ServerName localhost\nDefaultRuntimeDir {folder}\nPidFile {folder}/pid\nErrorLog {folder}/error.log\n"
            f"{user}{libraries}\nStartServers 1\nServerLimit 1\nThreadsPerChild 8\nMaxRequestWorkers 8\n"
            f"MinSpareThreads 1\nMaxSpareThreads 8\n{sample}"
        )
        with _running([APACHE, "-DFOREGROUND", "-f", str(main)], folder, ports):
            yield


PROXIES = {"nginx": nginx, "apache": apache, "apache-and-own-listener": apache_alone}


def _fitted(sample: str, ports: Ports, client_ca: Path, files: dict[str, Path]) -> str:
    for name, file in {**files, "/etc/warifu/tls/client-ca.pem": client_ca}.items():
        sample = sample.replace(name, str(file))
    return sample.replace("127.0.0.1:8080", f"127.0.0.1:{ports.plain}")


def _key(file: Path) -> dict[str, Path]:
    return {"/etc/warifu/tls/idp.key": file}


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="warifu-proxy-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def _running(command: list[str], folder: Path, ports: Ports) -> Iterator[None]:
    with (folder / "out").open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not all(map(_is_open, (ports.main, ports.certificate))):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((folder / "out").read_text())
            time.sleep(0.02)
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


def _is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class WireBrowser:
    """A browser over TLS: cookies, redirects, and a certificate that it shows at the certificate address if asked."""

    def __init__(self, ports: Ports, trusted: Path, certificate: Path | None = None) -> None:
        self.ports = ports
        self.certificate = certificate
        self.headers: dict[str, str] = {}
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = str(trusted)
        self._session.headers.update({"Accept-Language": "en"})

    def visit(self) -> Page:
        """Begin at the service provider."""
        xml = authn_request(SP, destination=f"{self.ports.base_url}/idp/profile/SAML2/Redirect/SSO")
        return self.get(f"{self.ports.base_url}/idp/profile/SAML2/Redirect/SSO?{redirect_query(xml)}")

    def at_certificate(self, username: str = "alice", password: str = "alice's Password 1") -> Page:
        """Go as far as the page that asks for the certificate."""
        return self.submit(self.visit(), j_username=username, j_password=password)

    def get(self, url: str) -> Page:
        return self._send("GET", url)

    def submit(self, page: Page, event: str = "proceed", **fields: str) -> Page:
        return self._send("POST", page.action, {**page.hidden, **fields, f"_eventId_{event}": ""})

    def _send(self, method: str, url: str, data: dict[str, str] | None = None) -> Page:
        is_asked = url.startswith(f"{self.ports.certificate_url}/")
        answer = self._session.request(
            method,
            url,
            data=data,
            headers={**self.headers, "Connection": "close"} if is_asked else {},
            cert=str(self.certificate) if is_asked and self.certificate else None,
            allow_redirects=False,
            timeout=PATIENCE_SECONDS,
        )
        if answer.is_redirect:
            return self._send("GET", urljoin(url, answer.headers["Location"]))
        return Page.of(answer)


def raw_request(ports: Ports, trusted: Path, target: str, headers: str, certificate: Path | None = None) -> bytes:
    """Send one GET to the certificate address with header lines as they are; gives the whole answer."""
    context = ssl.create_default_context(cafile=str(trusted))
    if certificate:
        context.load_cert_chain(certificate)
    tcp = socket.create_connection(("127.0.0.1", ports.certificate), PATIENCE_SECONDS)
    with context.wrap_socket(tcp, server_hostname="localhost") as client:
        host = f"localhost:{ports.certificate}"
        client.sendall(f"GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n".encode())
        return b"".join(iter(lambda: client.recv(4096), b""))
