"""Somebody whose browser has a client certificate, in a profile of its own, and shows it where it is asked for."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from playwright.sync_api import Playwright

from tests.browser.chromium import CHROMIUM, LOCALES, Person, arguments
from tests.browser.university import CERTIFICATES, University
from tests.parts.client_certificates import Shown

PASSWORD = "of the file, for as long as it takes to read it"
DATABASES = (".pki/nssdb", ".local/share/pki/nssdb")
"""Where Chromium looks under HOME, of old and now."""


@contextmanager
def certificate_holder(
    playwright: Playwright,
    university: University,
    folder: Path,
    shown: Shown | None,
    *,
    language: str = "en",
    script: bool = True,
) -> Iterator[Person]:
    """Give somebody outside with this certificate, or none, in their browser; it asks nobody which one to use."""
    _keep(folder / "home", shown)
    profile = folder / "profile"
    (profile / "Default").mkdir(parents=True)
    chosen = json.dumps({"pattern": f"https://{CERTIFICATES}", "filter": {}})
    preferences = {"profile": {"managed_auto_select_certificate_for_urls": [chosen]}}
    (profile / "Default" / "Preferences").write_text(json.dumps(preferences))
    context = playwright.chromium.launch_persistent_context(
        str(profile),
        executable_path=CHROMIUM,
        env={**os.environ, "HOME": str(folder / "home")},
        args=arguments(university, "outside"),
        locale=LOCALES.get(language, language),
        java_script_enabled=script,
        reduced_motion="reduce",
    )
    try:
        someone = Person(context, university, script)
        yield someone
        assert someone.complaints == []
    finally:
        context.close()


def _keep(home: Path, shown: Shown | None) -> None:
    """Put the certificate where NSS keeps those of a user."""
    for name in DATABASES:
        folder = home / name
        folder.mkdir(parents=True)
        _run("certutil", "-N", "-d", f"sql:{folder}", "--empty-password")
        if shown is None:
            continue
        file = home / "certificate.p12"
        file.touch(mode=0o600)
        closed = BestAvailableEncryption(PASSWORD.encode())
        file.write_bytes(pkcs12.serialize_key_and_certificates(b"person", shown.key, shown.certificate, None, closed))
        _run("pk12util", "-i", str(file), "-d", f"sql:{folder}", "-W", PASSWORD)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
