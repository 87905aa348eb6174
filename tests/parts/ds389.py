"""A real 389 Directory Server for tests: a plain process over a folder of its own, without systemd, ended by its id."""

import os
import pwd
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from idp.cli.slapd_entries import (
    ENROL_DN,
    GROUPS_DN,
    HELPDESK_DN,
    PEOPLE_DN,
    REPLICATION_DN,
    SERVICES_DN,
    SUFFIX,
    VERIFIER_DN,
    AccountState,
    hash_password,
)
from idp.core.ldif import write_record
from idp.core.secret import Secret
from tests.parts.slapd import (
    ENROL_PASSWORD,
    HELPDESK_PASSWORD,
    PEOPLE,
    REPLICATION_PASSWORD,
    VERIFIER_PASSWORD,
    free_port,
)

MANAGER_DN = "cn=Directory Manager"
MANAGER_PASSWORD = Secret("manager password of the tests")
SHARE, ETC, PROGRAM = Path("/usr/share/dirsrv/data"), Path("/etc/dirsrv"), "/usr/sbin/ns-slapd"
CONF = Path(__file__).resolve().parents[2] / "conf" / "ldap"
SCHEMAS = {"70oath.ldif": "oath-389ds.ldif", "71warifu.ldif": "warifu-389ds.ldif"}
PATIENCE_SECONDS = 60.0
ROLES = {
    VERIFIER_DN: VERIFIER_PASSWORD,
    ENROL_DN: ENROL_PASSWORD,
    HELPDESK_DN: HELPDESK_PASSWORD,
    REPLICATION_DN: REPLICATION_PASSWORD,
}
BACKEND = f"""dn: cn=userRoot,cn=ldbm database,cn=plugins,cn=config
changetype: add
objectClass: extensibleObject
objectClass: nsBackendInstance
cn: userRoot
nsslapd-suffix: {SUFFIX}

dn: cn="{SUFFIX}",cn=mapping tree,cn=config
changetype: add
objectClass: extensibleObject
objectClass: nsMappingTree
cn: "{SUFFIX}"
nsslapd-state: backend
nsslapd-backend: userRoot

dn: cn=config
changetype: modify
replace: nsslapd-allow-hashed-passwords
nsslapd-allow-hashed-passwords: on
-
replace: nsslapd-enable-upgrade-hash
nsslapd-enable-upgrade-hash: off
-
replace: passwordLockout
passwordLockout: on
-
replace: passwordMaxFailure
passwordMaxFailure: 100

"""
MUST_CHANGE = """dn: cn=config
changetype: modify
replace: passwordMustChange
passwordMustChange: {}
-
replace: passwordExp
passwordExp: on

"""
OWN_RULES = f"""dn: {SUFFIX}
changetype: modify
add: aci
aci: (targetattr!="userPassword || oathSecret || oathTOTPLastTimeStep || oathFailureCount || oathTokenIdentifier
 || oathSecretTime || warifuCredentialLabel || warifuCredentialState || warifuCredentialBoundAt")
 (version 3.0; acl "services read"; allow (read, search, compare)
 userdn = "ldap:///cn=*,{SERVICES_DN}" or userdn = "ldap:///self";)
aci: (targetattr="*")(version 3.0; acl "replication"; allow (read, search, compare)
 userdn = "ldap:///{REPLICATION_DN}";)
aci: (targetattr="userPassword")(version 3.0; acl "help desk sets passwords"; allow (write)
 userdn = "ldap:///{HELPDESK_DN}";)

"""


@dataclass(frozen=True, slots=True)
class _Authority:
    """StartTLS is not used: the server is on loopback."""

    ca: None = None


class DS389:
    """One server under `folder`, on 127.0.0.1:`port`."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def uri(self) -> str:
        return f"ldap://127.0.0.1:{self.port}"

    @property
    def schema_folder(self) -> Path:
        return self.folder / "config" / "schema"

    def create(self, *, with_schema: bool) -> None:
        """Write the configuration; entries come after the start."""
        parts = {name: self.folder / name for name in ("lock", "tmp", "ldif", "bak", "run", "log", "db", "config")}
        for part in (*parts.values(), self.schema_folder):
            part.mkdir(parents=True)
        config = parts["config"]
        values = {
            **{f"{name}_dir": str(path) for name, path in parts.items()},
            "schema_dir": str(self.schema_folder),
            "cert_dir": str(config),
            "inst_dir": str(self.folder),
            "db_home_dir": str(parts["db"]),
            "db_lib": "bdb",
            "fqdn": "localhost",
            "ds_port": str(self.port),
            "ds_user": pwd.getpwuid(os.getuid()).pw_name,
            "rootdn": MANAGER_DN,
            "ds_passwd": hash_password(MANAGER_PASSWORD),
            "ldapi_enabled": "off",
            "ldapi": str(parts["run"] / "ldapi"),
            "ldapi_autobind": "off",
            "ds_suffix": SUFFIX,
        }
        text = (SHARE / "template-dse.ldif").read_text()
        for name, value in values.items():
            text = text.replace(f"%{name}%", value)
        (config / "dse.ldif").write_text(text)
        for file in (ETC / "config").iterdir():
            shutil.copy(file, config)
        shutil.copy(ETC / "schema" / "99user.ldif", self.schema_folder)
        if with_schema:
            for name, file in SCHEMAS.items():
                shutil.copy(CONF / file, self.schema_folder / name)

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [PROGRAM, "-D", str(self.folder / "config"), "-i", str(self.folder / "run" / "pid"), "-d", "0"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                words = (self.folder / "log" / "errors").read_text()[-2000:]
                self.stop()
                raise RuntimeError(f"389 Directory Server does not start: {words}")
            time.sleep(0.05)

    def stop(self) -> None:
        """End it in order; by force what does not end."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def kill(self) -> None:
        """End it as a loss of power would."""
        if self._process is not None:
            self._process.kill()
        self.stop()

    def refuse_changes(self) -> None:
        """Make it read-only."""
        backend = "cn=userRoot,cn=ldbm database,cn=plugins,cn=config"
        self.apply(f"dn: {backend}\nchangetype: modify\nreplace: nsslapd-readonly\nnsslapd-readonly: on\n")

    def apply(self, ldif: str) -> None:
        """Change entries or cn=config as the manager."""
        done = self._tool("ldapmodify", ldif)
        if done.returncode != 0:
            raise RuntimeError(done.stderr.decode(errors="replace"))

    def dump(self) -> str:
        """Give all entries as the manager sees them."""
        return self._tool("ldapsearch", "", "-LLL", "-o", "ldif_wrap=no", "-b", SUFFIX, "*", "+").stdout.decode()

    def _answers(self) -> bool:
        return self._tool("ldapsearch", "", "-b", "", "-s", "base", "vendorName").returncode == 0

    def _tool(self, name: str, words: str, *more: str) -> "subprocess.CompletedProcess[bytes]":
        password = self.folder / "manager.password"
        if not password.exists():
            password.touch(mode=0o600)
            password.write_bytes(MANAGER_PASSWORD.reveal())
        command = [name, "-x", "-H", self.uri, "-D", MANAGER_DN, "-y", str(password), *more]
        return subprocess.run(command, input=words.encode(), capture_output=True, check=False)


@dataclass(frozen=True, slots=True)
class RunningDS389:
    """A started server with people and service accounts; stands in a test where a RunningSlapd stands."""

    server: DS389
    verifier_password_file: Path
    enrol_password_file: Path
    helpdesk_password_file: Path
    authority: _Authority = _Authority()

    @property
    def uri(self) -> str:
        return self.server.uri


def start_ds389(folder: Path, *, with_schema: bool = True) -> RunningDS389:
    """Make and start a server; the caller stops it."""
    server = DS389(folder / "ds", free_port())
    server.create(with_schema=with_schema)
    server.start()
    try:
        server.apply(BACKEND)
        server.apply(_entries())
        server.apply(MUST_CHANGE.format("on") + _states() + "\n" + MUST_CHANGE.format("off"))
    except RuntimeError:
        server.stop()
        raise
    files = [folder / f"{name}.password" for name in ("verifier", "enrol", "helpdesk")]
    for file, password in zip(files, (VERIFIER_PASSWORD, ENROL_PASSWORD, HELPDESK_PASSWORD), strict=True):
        file.touch(mode=0o600)
        file.write_bytes(password.reveal())
    return RunningDS389(server, *files)


def _entries() -> str:
    added = ("changetype", b"add")
    records = [write_record(SUFFIX, [added, ("objectClass", b"domain")])]
    records += [write_record(dn, [added, ("objectClass", b"organizationalUnit")]) for dn in (PEOPLE_DN, SERVICES_DN)]
    for dn, password in ROLES.items():
        classes = [("objectClass", name) for name in (b"applicationProcess", b"simpleSecurityObject")]
        records.append(write_record(dn, [added, *classes, ("userPassword", hash_password(password).encode())]))
    for person in PEOPLE:
        attributes = [
            added,
            ("objectClass", b"inetOrgPerson"),
            ("objectClass", b"nsMemberOf"),
            *(("memberOf", f"cn={group},{GROUPS_DN}".encode()) for group in person.groups),
            ("sn", person.surname.encode()),
            ("cn", f"{person.given_name} {person.surname}".encode()),
            ("displayName", f"{person.given_name} {person.surname}".encode()),
            ("mail", person.mail.encode()),
            ("userPassword", hash_password(person.password).encode()),
            *((name, value.encode()) for name, values in person.extra.items() for value in values),
        ]
        records.append(write_record(person.dn, attributes))
    return "".join(records)


def _states() -> str:
    """What the accounts are that are not normal."""
    changes = []
    for person in PEOPLE:
        if person.state is AccountState.LOCKED:
            changes.append(
                f"dn: {person.dn}\nchangetype: modify\nadd: accountUnlockTime\naccountUnlockTime: 20371231000000Z\n-\n"
                "add: passwordRetryCount\npasswordRetryCount: 100\n"
            )
        if person.state is AccountState.EXPIRED:
            changes.append(
                f"dn: {person.dn}\nchangetype: modify\nreplace: passwordExpirationTime\n"
                "passwordExpirationTime: 20200101000000Z\n"
            )
        if person.state is AccountState.MUST_CHANGE:
            password = person.password.reveal().decode()
            changes.append(f"dn: {person.dn}\nchangetype: modify\nreplace: userPassword\nuserPassword: {password}\n")
    return "\n".join(changes)


def allow_roles(running: RunningDS389) -> None:
    """Give a server the access rules of conf/ldap, beside a site's own."""
    from idp.cli.directory_changes import Names, read_changes

    names = Names(PEOPLE_DN, VERIFIER_DN, ENROL_DN, HELPDESK_DN, REPLICATION_DN)
    ours = [change for file in ("aci-389ds.ldif", "credential-aci-389ds.ldif") for change in read_changes(file, names)]
    running.server.apply(OWN_RULES + "\n".join(change.as_ldif() for change in ours))


@pytest.fixture(scope="session")
def ds389(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDS389]:
    """The server that tests share, with the access rules of conf/ldap."""
    running = start_ds389(tmp_path_factory.mktemp("ds389"))
    try:
        allow_roles(running)
        yield running
    finally:
        running.server.stop()
