"""Registrations on their way out: sealed for other entries of the same people, or keys in clear."""

import csv
from base64 import b32encode
from collections.abc import Iterable
from typing import IO

from idp.plugin import Credential, Holding, Keeper, write_record
from plugins.totp.credential import TOTP
from plugins.totp.rows import KEY, LAST_STEP, USERNAME


def write_packed(stream: IO[str], keeper: Keeper, holdings: Iterable[Holding]) -> None:
    """Write each registration sealed and bound to its user name. Raises SealError."""
    writer = csv.writer(stream)
    writer.writerow((USERNAME, KEY))
    for holding in holdings:
        writer.writerow((holding.subject.username, keeper.pack(holding, TOTP).decode("ascii")))


def write_plain_csv(stream: IO[str], keeper: Keeper, holdings: Iterable[Holding]) -> None:
    """Write the keys in clear, as `totp import` reads them. Raises SealError."""
    writer = csv.writer(stream)
    writer.writerow((USERNAME, KEY, LAST_STEP))
    for holding in holdings:
        credential = keeper.open(holding, TOTP)
        key = b32encode(_key(credential)).decode("ascii").rstrip("=")
        writer.writerow((holding.subject.username, key, credential.values.get("last_step", b"0").decode("ascii")))


def write_plain_ldif(stream: IO[str], keeper: Keeper, holdings: Iterable[Holding]) -> None:
    """Write entries with raw keys, as OpenLDAP's otp overlay keeps them. Raises SealError."""
    for holding in holdings:
        credential = keeper.open(holding, TOTP)
        attributes = [
            ("uid", holding.subject.username.encode("utf-8")),
            (TOTP.fields["secret"], _key(credential)),
            (TOTP.fields["last_step"], credential.values.get("last_step", b"0")),
        ]
        stream.write(write_record(holding.subject.dn, attributes))


def _key(credential: Credential) -> bytes:
    secret = credential.secrets.get("secret")
    return secret.reveal() if secret is not None else b""
