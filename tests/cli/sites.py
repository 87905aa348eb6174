"""A new site as `warifu init` leaves it, with the one thing an administrator adds: the directory's password."""

import secrets
from pathlib import Path

from idp.cli.init import write_site
from idp.settings.template import ACTIVATION_PLUGIN, ACTIVATION_WAYS, SiteAnswers

EXAMPLE = SiteAnswers(
    entity_id="https://idp.example.ac.jp/idp/shibboleth",
    base_url="https://idp.example.ac.jp",
    scope="example.ac.jp",
    name_ja="例示大学",
    name_en="Example University",
    ldap_uri="ldap://ldap.example.ac.jp",
    people_dn="ou=people,dc=example,dc=ac,dc=jp",
    bind_dn="cn=warifu,ou=services,dc=example,dc=ac,dc=jp",
    start_tls=True,
    campus_ranges=("192.0.2.0/24", "2001:db8:c::/48"),
    campus_exceptions=("192.0.2.128/25",),
    elsewhere=ACTIVATION_WAYS,
    plugins_toml=ACTIVATION_PLUGIN,
)


def new_site(folder: Path) -> Path:
    """Write a site that nothing is wrong with."""
    write_site(folder, EXAMPLE)
    password = folder / "secrets/directory-password"
    password.touch(mode=0o600)
    password.write_text(secrets.token_urlsafe(24))
    return folder


def change(conf: Path, old: str, new: str) -> None:
    """Change the text of the configuration; `old` must be in it."""
    file = conf / "idp.toml"
    text = file.read_text(encoding="utf-8")
    if old not in text:
        raise ValueError(old)
    file.write_text(text.replace(old, new), encoding="utf-8")


def append(conf: Path, text: str) -> None:
    """Add tables at the end of the configuration."""
    with (conf / "idp.toml").open("a", encoding="utf-8") as file:
        file.write(f"\n{text}\n")
