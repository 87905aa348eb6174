"""Keys: where new ones come from, how old ones come in (security.md T-10, T-37, T-38)."""

import base64
import secrets
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote, urlsplit

import pyotp
import pytest
from click.testing import CliRunner, Result
from pydantic import ValidationError

from idp.cli.context import CommandContext
from idp.core.secret import Secret
from idp.settings.model import Site
from plugins.totp.commands import commands
from plugins.totp.foreign import open_base32
from plugins.totp.seed import new_seed
from tests.login.conftest import SP
from tests.parts.site import OUTSIDE, SEED, Idp
from tests.parts.sites import ask_code, is_success

EIGHTY_BITS = "JBSWY3DPEHPK3PXP"


def test_t37_a_hundred_thousand_seeds_of_160_bits_are_all_different() -> None:
    seeds = {new_seed().reveal() for _ in range(100_000)}

    assert len(seeds) == 100_000
    assert {len(seed) for seed in seeds} == {20}


def test_t37_seeds_come_from_the_operating_system(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(secrets, "token_bytes", lambda size: asked.append(size) or b"\1" * size)

    assert new_seed() == Secret(b"\1" * 20)
    assert asked == [20]


def import_csv(idp: Idp, file: Path, text: str) -> Result:
    file.write_text(text, encoding="utf-8")
    context = CommandContext(idp.conf, idp.site)
    return CliRunner().invoke(commands(), ["import", str(file)], obj=context)


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(EIGHTY_BITS, id="T-10-80-bit"),
        pytest.param(EIGHTY_BITS.lower(), id="T-10-lower-case"),
        pytest.param("JBSW Y3DP EHPK 3PXP", id="T-10-groups"),
        pytest.param("jbsw-y3dp-ehpk-3pxp", id="T-10-dashes"),
        pytest.param(base64.b32encode(SEED.reveal()).decode(), id="T-10-160-bit"),
        pytest.param(base64.b32encode(b"0123456789abcdef").decode(), id="T-10-padded"),
        pytest.param(base64.b32encode(b"0123456789abcdef").decode().rstrip("="), id="T-10-padding-lost"),
    ],
)
def test_an_imported_key_logs_in(idp: Idp, tmp_path: Path, written: str) -> None:
    result = import_csv(idp, tmp_path / "keys.csv", f"username,key\nbob,{written}\n")
    assert (result.exit_code, result.stdout.splitlines()[0]) == (0, "1 registered, 0 refused")
    seed = open_base32(written.encode())

    browser = idp.browser(OUTSIDE)
    assert is_success(browser.submit(ask_code(browser, "bob"), tokencode=idp.code(seed=seed)))


def test_t10_what_cannot_be_imported_is_reported_line_by_line(idp: Idp, tmp_path: Path) -> None:
    rows = [
        ("carol", "JBSWY3DP"),
        ("carol", "not base32!"),
        ("carol", "otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&algorithm=SHA256&digits=8"),
        ("carol", ""),
        ("nobody", EIGHTY_BITS),
        ("dave", EIGHTY_BITS),
    ]
    text = "\ufeffusername,key\n" + "".join(f"{name},{key}\n" for name, key in rows) + "\n"

    result = import_csv(idp, tmp_path / "keys.csv", text)

    assert result.exit_code == 1
    assert result.output.startswith("1 registered, 5 refused\n")
    for number in range(2, 7):
        assert f"keys.csv:{number}:" in result.output
    for key in ("JBSWY3DP", "not base32", "otpauth"):
        assert key not in result.output
    browser = idp.browser(OUTSIDE)
    page = browser.visit(SP)
    page = browser.submit(page, j_username="carol", j_password="carol's Password 3")
    assert browser.submit(page, "totp").code == "A205"


@pytest.mark.parametrize(
    "issuer",
    ["a:b", "a&secret=B", "a?b", "a#b", "a/b", 'a"b', "a\\b", "a\nb", "a%3Ab", "a+b", "", "x" * 49],
    ids=lambda issuer: f"T-38-{issuer[:12]!r}",
)
def test_an_issuer_that_apps_would_read_otherwise_is_refused(issuer: str) -> None:
    with pytest.raises(ValidationError, match="otp_issuer"):
        make_site(issuer)


@pytest.mark.parametrize(
    ("issuer", "username"),
    [
        pytest.param("Warifu", "alice", id="T-38-plain"),
        pytest.param("例示大学", "愛", id="T-38-japanese"),
        pytest.param("Example University", "a b", id="T-38-spaces"),
        pytest.param("Example's, Inc.", "a&secret=AAAA", id="T-38-ampersand"),
        pytest.param("Example", "a@example.org", id="T-38-at"),
        pytest.param("Example", "a/../?issuer=b#c", id="T-38-path"),
    ],
)
def test_a_provisioning_uri_reads_back_to_what_was_written(issuer: str, username: str) -> None:
    make_site(issuer)
    key = base64.b32encode(new_seed().reveal()).decode()

    parts = urlsplit(pyotp.TOTP(key).provisioning_uri(name=username, issuer_name=issuer))
    query = parse_qs(parts.query, strict_parsing=True)

    assert (parts.scheme, parts.netloc, parts.fragment) == ("otpauth", "totp", "")
    assert (query["secret"], query["issuer"]) == ([key], [issuer])
    assert unquote(parts.path) == f"/{issuer}:{username}"
    assert quote(issuer, safe="'") in parts.path or issuer in unquote(parts.path)


def make_site(issuer: str) -> Site:
    return Site(
        entity_id="https://idp.example.org/idp",
        base_url="https://idp.example.org",
        name={"en": "Example"},
        scopes=("example.org",),
        otp_issuer=issuer,
    )
