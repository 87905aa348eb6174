"""The people of the demo, and the file that tells scripts of them."""

import base64
import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from idp.cli.keys import write_private
from idp.cli.slapd_entries import AccountState, Person
from idp.core.secret import Secret

SCOPE = "example.ac.jp"
KEY_BYTES = 20
RECOVERY_ATTRIBUTE = "description"
"""Where the demo's directory has the address at home; its schema has no better place, and people cannot write there."""


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """One account: what it can prove beside the password, and in `note_…` what it is there to show."""

    username: str
    given_name: str
    surname: str
    note_ja: str
    note_en: str
    groups: tuple[str, ...] = ("students",)
    affiliations: tuple[str, ...] = ("student", "member")
    state: AccountState = AccountState.NORMAL
    has_app: bool = False
    has_certificate: bool = False
    has_card: bool = False
    has_codes: bool = False

    @property
    def password(self) -> str:
        """The password: known to everybody who reads this, and good on this machine alone."""
        return f"{self.username}-demo"

    @property
    def mail(self) -> str:
        """The address at the university."""
        return f"{self.username}@{SCOPE}"

    @property
    def recovery_mail(self) -> str:
        """The address at home, to which a code is sent when an app is registered from off campus."""
        return f"{self.username}@mail.example.net"

    @property
    def entry(self) -> Person:
        """The directory entry."""
        return Person(
            self.username,
            Secret(self.password),
            self.given_name,
            self.surname,
            self.mail,
            self.groups,
            self.affiliations,
            self.state,
            extra={RECOVERY_ATTRIBUTE: (self.recovery_mail,)},
        )


DEMO_PEOPLE = (
    DemoPerson("taro", "太郎", "鈴木", "アプリ登録済み", "an app is registered", has_app=True, has_card=True),
    DemoPerson(
        "hanako", "花子", "山田", "何も登録していない（カードあり）", "nothing is registered; a card", has_card=True
    ),
    DemoPerson(
        "jiro", "次郎", "高橋", "クライアント証明書あり", "a client certificate", has_certificate=True, has_card=True
    ),
    DemoPerson(
        "sakura",
        "桜",
        "田中",
        "アプリと証明書",
        "both",
        ("staff",),
        ("staff", "member"),
        has_app=True,
        has_certificate=True,
        has_codes=True,
    ),
    DemoPerson(
        "maki",
        "真紀",
        "伊藤",
        "アプリ登録済み（職員）",
        "an app, staff",
        ("staff",),
        ("staff", "member"),
        has_app=True,
        has_card=True,
        has_codes=True,
    ),
    DemoPerson(
        "midori",
        "緑",
        "佐々木",
        "窓口の担当者 /idp/helpdesk/",
        "works at the help desk, /idp/helpdesk/",
        ("staff", "helpdesk"),
        ("staff", "member"),
        has_app=True,
    ),
    DemoPerson("kenji", "健二", "渡辺", "ロック中", "locked", state=AccountState.LOCKED, has_app=True),
    DemoPerson("yuki", "雪", "中村", "パスワード期限切れ", "password expired", state=AccountState.EXPIRED),
    DemoPerson("mika", "美香", "小林", "パスワード変更が必要", "password must change", state=AccountState.MUST_CHANGE),
)


@dataclass(frozen=True, slots=True)
class Account:
    """A person with what was made for them: the app's key, Base32, the file of certificate and key, the texts of a
    card by their cells, and recovery codes."""

    person: DemoPerson
    totp_key: str | None
    client_certificate: Path | None
    matrix: Mapping[str, str] | None = None
    recovery_codes: Sequence[str] | None = None


def make_accounts(folder: Path) -> list[Account]:
    """Give every person of the demo, with a fresh key for each app; certificates are not issued here."""
    return [
        Account(
            person,
            base64.b32encode(secrets.token_bytes(KEY_BYTES)).decode("ascii") if person.has_app else None,
            folder / f"{person.username}.pem" if person.has_certificate else None,
        )
        for person in DEMO_PEOPLE
    ]


def write_accounts(file: Path, accounts: Iterable[Account]) -> None:
    """Write `accounts.json` of the contract."""
    rows = [
        {
            "username": account.person.username,
            "password": account.person.password,
            "dn": account.person.entry.dn,
            "mail": account.person.mail,
            "recovery_mail": account.person.recovery_mail,
            "groups": list(account.person.groups),
            "state": account.person.state.value,
            "totp_key": account.totp_key,
            "client_certificate": str(account.client_certificate) if account.client_certificate else None,
            "matrix": account.matrix,
            "recovery_codes": account.recovery_codes,
        }
        for account in accounts
    ]
    file.unlink(missing_ok=True)
    write_private(file, json.dumps(rows, ensure_ascii=False, indent=2).encode("utf-8") + b"\n")


def read_totp_key(file: Path, username: str) -> str | None:
    """Give the key of a person's app, Base32, from `accounts.json`; None without one."""
    try:
        rows = json.loads(file.read_bytes())
    except FileNotFoundError:
        return None
    return next((str(row["totp_key"]) for row in rows if row["username"] == username and row["totp_key"]), None)
