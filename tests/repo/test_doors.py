"""Each third-party library enters by one door (docs/dependencies.md says what each is for)."""

import ast
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.repo.files import read, texts

DOORS = {
    "OpenSSL": {"idp/cli"},
    "aiosmtpd": {"idp/cli"},
    "click": {
        "idp/cli",
        "idp/plugin/commands.py",
        "idp/plugin/rekey.py",
        "plugins/passkey/commands.py",
        "plugins/totp/commands.py",
        "plugins/totp/bulk.py",
        "plugins/totp/listing.py",
        "plugins/matrix/commands.py",
        "plugins/matrix/bulk.py",
        "plugins/recovery/commands.py",
        "plugins/mailcode/commands.py",
        "plugins/activation/commands.py",
    },
    "cryptography": {
        "idp/cli",
        "idp/seal.py",
        "idp/xml",
        "plugins/clientcert",
        "plugins/passkey/public_key.py",
        "plugins/totp/foreign.py",
    },
    "fido2": {"plugins/passkey"},
    "flask": {"idp/web", "idp/mfatest", "idp/app.py"},
    "gunicorn": {"idp/cli"},
    "jinja2": {"idp/web"},
    "ldap3": {"idp/directory"},
    "lxml": {"idp/xml"},
    "markupsafe": {"idp/web"},
    "prometheus_client": {"idp/metrics.py"},
    "pydantic": {"idp/settings"},
    "pydantic_core": {"idp/settings"},
    "pyotp": {"plugins/totp", "idp/cli/demo.py"},
    "qrcode": {"plugins/totp"},
    "redis": {"idp/store"},
    "requests": {"idp/fetch.py"},
    "saml2": {"idp/saml", "idp/mfatest"},
    "structlog": {"idp/audit"},
    "urllib3": {"idp/fetch.py"},
    "werkzeug": {"idp/web", "idp/mfatest"},
    "xmlsec": {"idp/xml"},
}
OURS = {"idp", "plugins"}


@cache
def imported(path: Path) -> set[str]:
    """Give the top-level names a file imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(read(path))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module.partition(".")[0])
    return found


def sources() -> list[Path]:
    return [path for path in texts(".py") if path.parts[0] in OURS]


@pytest.mark.parametrize("library", sorted(DOORS))
def test_a_library_enters_by_its_door(library: str) -> None:
    elsewhere = [str(path) for path in sources() if library in imported(path) and not _is_within(path, DOORS[library])]

    assert elsewhere == []


def test_every_library_has_a_door() -> None:
    used = {name for path in sources() for name in imported(path)}

    assert used - set(sys.stdlib_module_names) - OURS - {"__future__"} <= set(DOORS)


def test_the_core_is_the_standard_library_alone() -> None:
    used = {name for path in sources() if path.parts[:2] == ("idp", "core") for name in imported(path)}

    assert used <= set(sys.stdlib_module_names) | {"idp"}


def _is_within(path: Path, doors: set[str]) -> bool:
    return any(path.is_relative_to(door) for door in doors)
