"""The pages as the views render them: each with what it is given on an ordinary day."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from jinja2 import Environment

from idp.core.codes import Code
from idp.flow.helpdesk import Act
from idp.settings.model import Site
from idp.web.helpdesk.find import Found
from idp.web.helpdesk.state import MethodLine, RefusalLine
from idp.web.overview import LoginLine, SessionLine, TrustedLine
from idp.web.registered import Item, Row
from idp.web.render import make_environment
from idp.words import Words

ROOT = Path(__file__).parents[2]
PLUGINS = ("password", "clientcert", "totp", "matrix", "mailcode", "activation", "recovery", "passkey")
TEMPLATE_FOLDERS = {name: ROOT / "plugins" / name / "templates" for name in PLUGINS}
WORDS_FOLDERS = [ROOT / "idp/web/words", *(ROOT / "plugins" / name / "words" for name in PLUGINS)]
LANGUAGES = ("ja", "en")

SITE = Site(
    entity_id="https://idp.example.ac.jp/idp/shibboleth",
    base_url="https://idp.example.ac.jp",
    name={"ja": "例示大学", "en": "Example University"},
    scopes=("example.ac.jp",),
    otp_issuer="Example",
    help_url="https://www.example.ac.jp/help",
    privacy_url="https://www.example.ac.jp/privacy",
    site_codes={"A201": "W100070", "E101": "W100070"},
)
LINKS = {"register_url": "/idp/account/register?method=totp", "reset_url": "/idp/account/reset?method=totp"}
CHANGE_URL = "/idp/account/reset?method=totp&credential=5f0c2a9b"
ITEMS = (
    Item("5f0c2a9a", "App", "2026-11-24 10:00 JST", "", "campus-replaced", CHANGE_URL),
    Item("5f0c2a9b", "研究室の iPhone", "2026-11-25 10:00 JST", "2026-11-26 09:10 JST", "factor", CHANGE_URL),
)
SERVICE = {"ja": "附属図書館", "en": "University Library"}
USE = {
    "ja": {
        "certificate": "クライアント証明書でログイン",
        "totp": "ワンタイムパスワードアプリでログイン",
        "activation": "窓口で受け取ったアクティベーションコードを使う",
        "password": "パスワードでログイン",
    },
    "en": {
        "certificate": "Login using a client certificate",
        "totp": "Login using One Time Password App",
        "activation": "Use an activation code from the help desk",
        "password": "Login using your password",
    },
}


@dataclass(frozen=True)
class Sample:
    """A page: its template, its data-page, and what is peculiar to it."""

    template: str
    page: str
    context: Mapping[str, object] = field(default_factory=dict)
    alternatives: tuple[str, ...] = ()
    problem: Code | None = None

    def given(self, language: str) -> dict[str, object]:
        """Give the whole context in a language."""
        return {
            "page": self.page,
            "language": language,
            "site": SITE,
            "language_links": [("ja", "日本語", "?lang=ja"), ("en", "English", "?lang=en")],
            "action": "/idp/profile/SAML2/Redirect/SSO?execution=e1",
            "hidden": [("csrf_token", "t0k3n")],
            "service_name": SERVICE[language],
            "alternatives": [(name, USE[language][name]) for name in self.alternatives],
            "problem": self.problem,
            **self.context,
        }


SECOND: dict[str, object] = {"tally": "second", "username": "taro"}
CARD: dict[str, object] = {**SECOND, "number": "1234-5678", "cells": "A5 C7 K2", "left": "", "size": "2"}
MAILED: dict[str, object] = {
    **SECOND,
    "address": "t***@mail.example.jp",
    "digits": "6",
    "minutes": "10",
    "wait": "",
}
CODES: dict[str, object] = {
    "codes": " ".join(f"7K3M-Q9XP-2H{number:02}-V8WZ" for number in range(10)),
    "is_registered": False,
    "registered_since": "",
    "done": "",
    "done_method": "",
    "may_decline": False,
    "is_told": True,
}
OFFER: dict[str, object] = {
    "service_name": "",
    "key": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
    "uri": "otpauth://totp/Example:taro?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Example",
    "qr": "data:image/svg+xml;base64,PHN2Zy8+",
    "is_registered": False,
    "registered_since": "",
    "is_several": False,
    "standing_count": 0,
}
FORMS = {
    "password": Sample("password/password.html", "password", {"tally": "password"}),
    "password-again": Sample(
        "password/password.html", "password", {"tally": "password", "username": "taro"}, problem=Code.WRONG_PASSWORD
    ),
    "notice": Sample(
        "password/notice.html",
        "notice",
        {"tally": "password", "grace_logins": "", "days": "5", "change_url": "https://password.example.ac.jp/"},
    ),
    "certificate": Sample("clientcert/certificate.html", "certificate", SECOND, ("totp",)),
    "totp": Sample("totp/totp.html", "totp", SECOND, ("certificate",)),
    "totp-again": Sample("totp/totp.html", "totp", SECOND, ("certificate",), Code.WRONG_CODE),
    "matrix": Sample("matrix/matrix.html", "matrix", CARD, ("totp",)),
    "matrix-again": Sample("matrix/matrix.html", "matrix", {**CARD, "left": "3"}, ("totp",), Code.WRONG_CODE),
    "mailcode": Sample("mailcode/mailcode.html", "mailcode", MAILED, ("activation",)),
    "mailcode-again": Sample("mailcode/mailcode.html", "mailcode", MAILED, ("activation",), Code.WRONG_MAIL_CODE),
    "mailcode-wait": Sample(
        "mailcode/mailcode.html", "mailcode", {**MAILED, "wait": "90"}, ("activation",), Code.TOO_MANY_MAIL_CODES
    ),
    "activation": Sample("activation/activation.html", "activation", SECOND, ()),
    "activation-again": Sample("activation/activation.html", "activation", SECOND, (), Code.WRONG_ACTIVATION),
    "recovery": Sample("recovery/recovery.html", "recovery", {**SECOND, "count": "9"}, ("totp",)),
    "recovery-again": Sample(
        "recovery/recovery.html", "recovery", {**SECOND, "count": "9"}, ("totp",), Code.WRONG_CODE
    ),
    "recovery-codes": Sample("recovery/register.html", "recovery-codes", CODES),
    "recovery-codes-offered": Sample(
        "recovery/register.html",
        "recovery-codes",
        {**CODES, "done": "register", "done_method": "totp", "may_decline": True},
        problem=Code.CODES_NOT_KEPT,
    ),
    "passkey": Sample("passkey/passkey.html", "passkey", {**SECOND, "options": "{}"}, ("totp",)),
    "passkey-alone": Sample("passkey/passkey.html", "passkey", {"username": "", "options": "{}"}, ("password",)),
    "passkey-again": Sample("passkey/passkey.html", "passkey", {**SECOND, "options": "{}"}, ("totp",), Code.WRONG_CODE),
    "passkey-register": Sample(
        "passkey/register.html", "register", {"options": "{}", "most": "5", "label": "", "account_url": "/idp/account/"}
    ),
    "choose": Sample("choose.html", "choose", SECOND, ("certificate", "totp")),
    "logout": Sample("logout.html", "logout", {"username": "taro"}),
    "register": Sample("totp/register.html", "register", OFFER),
    "register-several": Sample(
        "totp/register.html",
        "register",
        {**OFFER, "is_several": True, "most": 3, "standing_count": 1, "longest": 40, "label": "研究室の iPhone"},
    ),
    "register-drift": Sample(
        "totp/register.html",
        "register",
        {
            **OFFER,
            "is_registered": True,
            "registered_since": "2026-11-24 10:00 JST",
            "drift": "behind",
            "drift_seconds": "90",
            "server_time": "2026-11-24 10:00:00 JST",
        },
        problem=Code.CLOCK_WRONG,
    ),
    "grace": Sample(
        "grace.html", "grace", {"days": 12, "until": "2026-12-24", "enrol_url": "/idp/account/register?method=totp"}
    ),
    "helpdesk": Sample(
        "helpdesk/find.html",
        "helpdesk",
        {"typed": "ta", "rows": (Found("taro", "鈴木 太郎", "/idp/helpdesk/person?id=1"), Found("tae", "", "/p"))},
        problem=Code.DESK_NOBODY_FOUND,
    ),
    "helpdesk-act": Sample(
        "helpdesk/act.html",
        "helpdesk-act",
        {
            "act": "reset",
            "username": "taro",
            "name": "鈴木 太郎",
            "method_name": "App",
            "label": "",
            "since": "2026-11-24 10:00 JST",
            "number": "",
            "reason": "",
            "longest": 300,
            "is_told": True,
            "person_url": "/idp/helpdesk/person?id=1",
        },
        problem=Code.DESK_REASON_MISSING,
    ),
    "reset": Sample(
        "reset.html",
        "reset",
        {"method": "totp", "name": "App", "since": "", "account_url": "/idp/account/", "is_several": False},
    ),
    "reset-one": Sample(
        "reset.html",
        "reset",
        {
            "method": "totp",
            "name": "App",
            "since": "2026-11-24 10:00 JST",
            "item": ITEMS[1],
            "is_several": True,
            "longest": 40,
            "account_url": "/idp/account/",
        },
    ),
    "several": Sample(
        "several.html",
        "several",
        {"name": "App", "items": ITEMS, "is_full": True, "most": 2, "account_url": "/idp/account/"},
    ),
}
OTHERS = {
    "error": Sample(
        "error.html",
        "error",
        {
            "return_to_service": True,
            "happened_at": "2026-11-24 10:00 (JST)",
            "correlation_id": "5f0c2a9b11d7",
            "register_url": "/idp/account/register",
        },
        problem=Code.APP_NOT_REGISTERED,
    ),
    "account": Sample(
        "account.html",
        "account",
        {
            "username": "taro",
            "done": "replace",
            "done_method": "totp",
            "is_told": True,
            "rows": [
                Row("App", ITEMS[:1], is_several=False, may_add=False, **LINKS),
                Row("Key", ITEMS, is_several=True, may_add=True, **LINKS),
                Row("Card", (), is_several=False, may_add=True, **LINKS),
                Row("Sheet", (), is_several=False, may_add=True, **LINKS, is_known=False),
            ],
            "logins": [
                LoginLine(
                    "2026-11-24 10:00 JST", "Library", "On campus (192.0.2.1)", ("Password", "App"), is_here=True
                ),
                LoginLine("2026-11-23 10:00 JST", "", "Off campus", ("Password",), is_here=False),
            ],
            "sessions": [SessionLine("2026-11-24 10:00 JST", "2026-11-24 10:10 JST", "Off campus (198.51.100.7)")],
            "sessions_url": "/idp/account/sessions",
            "trusted": [
                TrustedLine("0123456789abcdef", "Firefox", "2026-11-24", "2026-12-24", "On campus (192.0.2.1)")
            ],
            "trusted_url": "/idp/account/browsers",
            "logout_url": "/idp/profile/Logout",
        },
    ),
    "helpdesk-issued": Sample(
        "helpdesk/issued.html",
        "helpdesk-issued",
        {
            "username": "taro",
            "code": "ABCDE-FGHJK",
            "minutes": 10,
            "method_name": "Code",
            "person_url": "/idp/helpdesk/person?id=1",
        },
    ),
    "helpdesk-person": Sample(
        "helpdesk/person.html",
        "helpdesk-person",
        {
            "username": "taro",
            "name": "鈴木 太郎",
            "account": "active",
            "is_self": False,
            "is_over": True,
            "their_role": "",
            "is_frozen": True,
            "lines": [
                (MethodLine("password", "Password", can_have=False, has=False, count=5, minutes=3), [], []),
                (
                    MethodLine("totp", "App", can_have=True, has=True, items=ITEMS, is_stopped=True),
                    [(item, [("reset", "/idp/helpdesk/act?act=reset")]) for item in ITEMS],
                    [],
                ),
                (
                    MethodLine("card", "Card", can_have=True, has=True, number="00012", acts=(Act.ISSUE,)),
                    [],
                    [("issue", "/idp/helpdesk/act?act=issue")],
                ),
                (MethodLine("key", "Key", can_have=True, has=False, is_known=False), [], []),
            ],
            "acts": [("unlock", "/idp/helpdesk/act?act=unlock"), ("sessions", "/idp/helpdesk/act?act=sessions")],
            "sessions": 2,
            "logins": [LoginLine("2026-11-23 10:00 JST", "Library", "Off campus", ("Password", "App"), is_here=False)],
            "refusals": [
                RefusalLine(
                    *("2026-11-24 10:00 JST", "A201", "App", "The clock is 4 minutes slow.", "Set the clock."),
                    *("Off campus (198.51.100.7)", "Library", ""),
                )
            ],
            "done": "unlock",
            "is_told": True,
            "find_url": "/idp/helpdesk/",
        },
    ),
    "logged-out": Sample(
        "logout.html", "logout", {"done": True, "outcomes": [("Moodle", "untold")], "all_ended": False}
    ),
    "logging-out": Sample(
        "logout.html",
        "logout",
        {
            "done": True,
            "action": "/idp/profile/PropagateLogout?execution=00",
            "hidden": [("csrf_token", "t0k3n")],
            "outcomes": [
                ("Library", "ended"),
                ("Mail", "asked"),
                ("Files", "failed"),
                ("Wiki", "untold"),
                ("Moodle", "waiting"),
            ],
            "waits": True,
            "all_ended": False,
        },
    ),
    "post": Sample(
        "post.html",
        "post",
        {
            "tally": "done",
            "action": "https://sp.example.org/Shibboleth.sso/SAML2/POST",
            "hidden": [("SAMLResponse", "PD94bWw="), ("RelayState", "ss:mem:1")],
        },
    ),
    "status": Sample("status.html", "status"),
}
SAMPLES = {**FORMS, **OTHERS}


def words() -> Words:
    """Give the texts of the pages and of the plug-ins."""
    return Words.load(WORDS_FOLDERS, LANGUAGES)


@cache
def environment() -> Environment:
    """Give the environment with every template and text."""
    return make_environment(TEMPLATE_FOLDERS, words())


def page(sample: Sample, language: str, **changes: object) -> str:
    """Render a page."""
    return environment().get_template(sample.template).render({**sample.given(language), **changes})
