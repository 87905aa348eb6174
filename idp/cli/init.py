"""`warifu init`: a commented configuration with fresh keys; nothing that stands is overwritten."""

from pathlib import Path
from urllib.parse import urlsplit

import click

from idp.cli.keys import write_private, write_random_key, write_signing_pair
from idp.core.clock import system_clock
from idp.seal import make_seal_key
from idp.settings.load import FILE_NAME
from idp.settings.template import ACTIVATION_PLUGIN, ACTIVATION_WAYS, SiteAnswers, render_settings


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--base-url", required=True, help="What browsers see, e.g. https://idp.example.ac.jp")
@click.option("--entity-id", help="Who we are to service providers. Default: <base-url>/idp/shibboleth")
@click.option("--scope", help="The domain behind the @ of scoped attributes. Default: from the host's name")
@click.option("--name-ja", help="The organisation's name in Japanese. Default: the scope")
@click.option("--name-en", help="The organisation's name in English. Default: the scope")
@click.option("--ldap-uri", required=True, help="The directory, e.g. ldaps://ldap.example.ac.jp")
@click.option("--people-dn", required=True, help="Where people are, e.g. ou=people,dc=example,dc=ac,dc=jp")
@click.option("--bind-dn", default="", help="The account Warifu uses; its password: secrets/directory-password")
@click.option("--campus", "campus", multiple=True, help="A range of the campus, e.g. 192.0.2.0/24; may be repeated")
@click.option(
    "--campus-replace",
    type=click.Choice(["factor", "password"]),
    default="factor",
    help="What an app is registered again with on campus; what the password alone costs: docs/operating.md",
)
def init(folder: Path, base_url: str, ldap_uri: str, people_dn: str, **more: str) -> None:
    """Write a configuration for a new site into FOLDER."""
    host = urlsplit(base_url).hostname or ""
    scope = more["scope"] or host.partition(".")[2] or host
    answers = SiteAnswers(
        entity_id=more["entity_id"] or f"{base_url.rstrip('/')}/idp/shibboleth",
        base_url=base_url.rstrip("/"),
        scope=scope,
        name_ja=more["name_ja"] or scope,
        name_en=more["name_en"] or scope,
        ldap_uri=ldap_uri,
        people_dn=people_dn,
        bind_dn=more["bind_dn"],
        start_tls=ldap_uri.startswith("ldap://"),
        campus_ranges=tuple(more["campus"]),
        campus_replace="password" if more["campus_replace"] == "password" else "factor",
        elsewhere=ACTIVATION_WAYS,
        plugins_toml=ACTIVATION_PLUGIN,
    )
    for line in write_site(folder, answers):
        click.echo(line)
    click.echo(f"\nNext: put the account's password into {folder}/secrets/directory-password (mode 0600),")
    click.echo(f"read {folder}/{FILE_NAME}, then: warifu check --conf {folder}")


def write_site(folder: Path, answers: SiteAnswers) -> list[str]:
    """Write configuration, keys and folders; gives a line for each file: written, or left as it is."""
    for name in ("keys", "secrets", "state", "log", "metadata", "tls"):
        (folder / name).mkdir(parents=True, exist_ok=True, mode=0o755 if name in ("metadata", "tls") else 0o700)
    done = {
        FILE_NAME: _write_settings(folder / FILE_NAME, answers),
        "keys/signing.key": write_signing_pair(
            folder / "keys/signing.key", folder / "keys/signing.crt", answers.entity_id, system_clock()
        ),
        "keys/seal.key": write_private(folder / "keys/seal.key", make_seal_key()),
        "keys/cookie.key": write_random_key(folder / "keys/cookie.key"),
    }
    return [f"{'written   ' if written else 'left as is'} {folder / name}" for name, written in done.items()]


def _write_settings(file: Path, answers: SiteAnswers) -> bool:
    return write_private(file, render_settings(answers).encode("utf-8"))
