"""A private slapd in a folder of its own, for the demo, the tests and the measurements; needs no privileges."""

import os
import socket
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from urllib.parse import quote

from idp.cli.slapd_entries import SUFFIX, Person, ServicePasswords, hash_password, write_entries
from idp.core.secret import Secret

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_CONF = Path(__file__).resolve().parents[2] / "conf" / "ldap"
_MODULES = Path("/usr/lib/ldap")
_SCHEMA = Path("/etc/ldap/schema")
_LONGEST_SOCKET = 100
_PATIENCE_SECONDS = 20.0


class SlapdError(Exception):
    """slapd or one of its tools did not do what was asked; the text is the tool's own."""


@dataclass(frozen=True, slots=True)
class TLSFiles:
    """PEM files for StartTLS."""

    ca: Path
    certificate: Path
    key: Path


class Slapd:
    """One slapd on 127.0.0.1:`port`, everything of it under `folder`."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self._run = folder / "run"
        if len(str(self._run / "ldapi")) > _LONGEST_SOCKET:
            self._run = Path((folder / "run.path").read_text()) if (folder / "run.path").exists() else Path()
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    def create(  # noqa: PLR0913 - each is a fact of the server to be
        cls,
        folder: Path,
        port: int,
        *,
        tls: TLSFiles,
        admin_password: Secret,
        services: ServicePasswords,
        people: Sequence[Person] = (),
        durable: bool = True,
        otp_module: bool = True,
    ) -> "Slapd":
        """Write configuration and entries into the empty or absent `folder`; raises SlapdError.

        `durable=False` leaves out the disk's sync after each write (measurements and tests only);
        `otp_module=False` takes the schema from conf/ldap as a server without otp.so does.
        """
        for part in (folder, folder / "config", folder / "data"):
            part.mkdir(mode=0o700, parents=True, exist_ok=True)
        run = _run_folder(folder)
        values = {
            "RUN": str(run),
            "DATA": str(folder / "data"),
            "MODULES": str(_MODULES),
            "SCHEMA": str(_SCHEMA),
            "CONF": str(_CONF),
            "TLS_CA": str(tls.ca),
            "TLS_CERTIFICATE": str(tls.certificate),
            "TLS_KEY": str(tls.key),
            "SUFFIX": SUFFIX,
            "ADMIN_HASH": hash_password(admin_password),
            "UID": str(os.getuid()),
            "GID": str(os.getgid()),
            "NO_SYNC": "FALSE" if durable else "TRUE",
        }
        config = _fill(values)
        if not otp_module:
            schema = f"include: file://{_CONF}/eduperson.ldif"
            config = config.replace("olcModuleLoad: otp\n", "")
            config = config.replace(schema, f"{schema}\ninclude: file://{_CONF}/oath-ldap.ldif")
        _tool(["slapadd", "-n0", "-F", str(folder / "config")], config)
        for name in ("indexes.ldif", "acl.ldif"):
            _tool(["slapmodify", "-n0", "-F", str(folder / "config")], (_CONF / name).read_text())
        _tool(["slapadd", "-q", "-n1", "-F", str(folder / "config")], write_entries(people, services))
        return cls(folder, port)

    @classmethod
    def exists(cls, folder: Path) -> bool:
        """Tell whether `create` was here before; then `Slapd(folder, port)` is enough."""
        return (folder / "config" / "cn=config.ldif").exists() and (folder / "data" / "data.mdb").exists()

    @property
    def uri(self) -> str:
        """The address for everyone; StartTLS is offered on it."""
        return f"ldap://127.0.0.1:{self.port}"

    @property
    def admin_uri(self) -> str:
        """The local socket: whoever runs slapd is its administrator there (SASL EXTERNAL), cn=config included."""
        return "ldapi://" + quote(str(self._run / "ldapi"), safe="")

    @property
    def command(self) -> list[str]:
        """The command that runs it in the foreground, for a supervisor of one's own."""
        listeners = f"{self.uri}/ {self.admin_uri}"
        return [_find("slapd"), "-d", "0", "-F", str(self.folder / "config"), "-h", listeners]

    @property
    def pid(self) -> int | None:
        """The running process, None when stopped."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def start(self) -> None:
        """Start and wait until it answers; raises SlapdError, which names the port when that is taken."""
        self._run.mkdir(mode=0o700, exist_ok=True)
        (self._run / "ldapi").unlink(missing_ok=True)
        self._process = subprocess.Popen(
            self.command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, umask=0o077
        )
        try:
            self.wait(self._process)
        except SlapdError:
            self.stop()
            raise

    def wait(self, process: "subprocess.Popen[bytes]") -> None:
        """Wait until `process`, started with `command`, answers; raises SlapdError."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not self._answers():
            if process.poll() is not None:
                words = process.stderr.read().decode(errors="replace") if process.stderr else ""
                raise SlapdError(f"slapd did not start on port {self.port} (taken?): {words.strip()}")
            if time.monotonic() > deadline:
                raise SlapdError(f"slapd on port {self.port} does not answer")
            time.sleep(0.005)

    @property
    def is_up(self) -> bool:
        """Whether somebody answers on its local socket."""
        return self._answers()

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(self._run / "ldapi")) == 0

    def stop(self) -> None:
        """End it in order; ends by force what does not end."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stderr:
            process.stderr.close()

    def kill(self) -> None:
        """End it as a crash would."""
        if self._process is not None:
            self._process.kill()
        self.stop()

    def apply(self, ldif: str) -> None:
        """Change entries or cn=config as the administrator, while it runs; raises SlapdError."""
        _tool(["ldapmodify", "-Q", "-Y", "EXTERNAL", "-H", self.admin_uri], ldif)

    def dump(self) -> str:
        """Give all entries as LDIF, what a backup would hold."""
        return _tool(["slapcat", "-n1", "-o", "ldif_wrap=no", "-F", str(self.folder / "config")], "")


def _run_folder(folder: Path) -> Path:
    """A socket's path is at most 107 bytes long; a deep folder keeps its socket elsewhere and remembers where."""
    run = folder / "run"
    if len(str(run / "ldapi")) <= _LONGEST_SOCKET:
        run.mkdir(mode=0o700, exist_ok=True)
        return run
    elsewhere = Path(mkdtemp(prefix="warifu-slapd-"))
    (folder / "run.path").write_text(str(elsewhere))
    return elsewhere


def remove(folder: Path) -> None:
    """Take away everything `create` made; the server must be stopped."""
    remembered = folder / "run.path"
    if remembered.exists():
        rmtree(remembered.read_text(), ignore_errors=True)
    rmtree(folder, ignore_errors=True)


def _fill(values: dict[str, str]) -> str:
    text = (files("idp.cli") / "slapd.ldif").read_text()
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    return text


def _find(name: str) -> str:
    for folder in _PATH.split(":"):
        if (Path(folder) / name).exists():
            return str(Path(folder) / name)
    raise SlapdError(f"{name} is not installed (Debian packages slapd and ldap-utils)")


def _tool(command: list[str], words: str) -> str:
    """Run a tool with `words` on its standard input, so that nothing secret is in its arguments."""
    done = subprocess.run(
        [_find(command[0]), *command[1:]], input=words.encode(), capture_output=True, umask=0o077, check=False
    )
    if done.returncode != 0:
        raise SlapdError(f"{command[0]}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout.decode()
