"""F-13: a configuration that cannot be used is refused whole, and what runs goes on as it was."""

from collections.abc import Callable
from pathlib import Path

import pytest

from idp.app import load
from idp.core.errors import ConfigError
from tests.login.conftest import OTHER_SP
from tests.parts.site import CAMPUS, Idp
from tests.parts.sites import is_success, prove_password


def text_of(conf: Path) -> str:
    return (conf / "idp.toml").read_text()


def write(conf: Path, text: str) -> None:
    (conf / "idp.toml").write_text(text)


def change(old: str, new: str) -> Callable[[Path], None]:
    def apply(conf: Path) -> None:
        assert old in text_of(conf)
        write(conf, text_of(conf).replace(old, new))

    return apply


def cut_in_half(conf: Path) -> None:
    write(conf, text_of(conf)[: len(text_of(conf)) // 2])


BROKEN: dict[str, Callable[[Path], None]] = {
    "syntax": change("[directory]", "[directory"),
    "unknown-key": change("[directory]", "[directory]\nauto_referrals = true"),
    "unknown-method": change('methods = ["password", "clientcert", "totp"]', 'methods = ["password", "nothing"]'),
    "bad-network": change('"192.0.2.0/24"', '"192.0.2.0/33"'),
    "bad-limit": change("[plugins.clientcert]", '[limits.totp]\nperson = ["many"]\n[plugins.clientcert]'),
    "window-of-ten": change("[plugins.clientcert]", "[plugins.totp]\nwindow = 10\n[plugins.clientcert]"),
    "partial-write": cut_in_half,
    "empty": lambda conf: write(conf, ""),
    "gone": lambda conf: (conf / "idp.toml").unlink(),
    "no-signing-key": lambda conf: (conf / "keys" / "signing.key").unlink(),
    "garbage-signing-key": lambda conf: (conf / "keys" / "signing.key").write_text("garbage"),
    "no-seal-key": lambda conf: (conf / "keys" / "seal.key").unlink(),
    "no-directory-password": lambda conf: (conf / "secrets" / "directory-password").unlink(),
}


@pytest.mark.parametrize("breaking", BROKEN.values(), ids=[f"F-13-{name}" for name in BROKEN])
def test_a_broken_configuration_is_refused_and_what_runs_goes_on(idp: Idp, breaking: Callable[[Path], None]) -> None:
    browser = idp.browser(CAMPUS)
    assert is_success(prove_password(browser))
    breaking(idp.conf)

    with pytest.raises(ConfigError) as refused:
        load(idp.conf, idp.clock)

    assert refused.value.problems
    assert all(problem.what and problem.remedy for problem in refused.value.problems)
    assert is_success(browser.visit(OTHER_SP))
    assert is_success(prove_password(idp.browser(CAMPUS)))
