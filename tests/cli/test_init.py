"""`warifu init` writes what `warifu check` finds nothing wrong with, but for what only the site knows."""

import json
import stat
from datetime import UTC, datetime
from pathlib import Path

from click.testing import CliRunner
from pydantic import BaseModel

from idp.cli.main import main
from idp.cli.safety import examine
from idp.settings.keys import _model_in
from idp.settings.load import load_settings
from idp.settings.model import IdPSettings
from idp.settings.template import render_settings
from tests.cli.sites import EXAMPLE, new_site

REFERENCE = Path(__file__).parents[2] / "conf" / "idp.toml"
ARGUMENTS = [
    "--base-url=https://idp.univ.test",
    "--ldap-uri=ldaps://ldap.univ.test",
    "--people-dn=ou=people,dc=univ,dc=test",
    "--bind-dn=cn=warifu,dc=univ,dc=test",
    "--campus=192.0.2.0/24",
    "--campus=2001:db8:c::/48",
]


def test_a_new_site_lacks_the_directorys_password_alone(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["init", str(tmp_path / "conf"), *ARGUMENTS])
    findings = examine(tmp_path / "conf", datetime.now(UTC))

    assert done.exit_code == 0
    assert [problem.key for problem in findings.problems] == ["directory.bind_password_file"]
    assert findings.settings is not None
    assert findings.settings.site.entity_id == "https://idp.univ.test/idp/shibboleth"
    assert findings.settings.site.scopes == ("univ.test",)
    assert findings.settings.networks["campus"].ranges == ("192.0.2.0/24", "2001:db8:c::/48")
    assert not findings.settings.directory.start_tls


def test_what_stands_is_not_overwritten(tmp_path: Path) -> None:
    conf = new_site(tmp_path / "conf")
    before = {file: file.read_bytes() for file in conf.rglob("*") if file.is_file()}

    done = CliRunner().invoke(main, ["init", str(conf), *ARGUMENTS])

    assert done.output.count("left as is") == 4
    assert {file: file.read_bytes() for file in conf.rglob("*") if file.is_file()} == before


def test_secrets_are_the_owners_alone_and_never_twice_the_same(tmp_path: Path) -> None:
    one, other = new_site(tmp_path / "one"), new_site(tmp_path / "other")
    private = ["idp.toml", "keys/signing.key", "keys/seal.key", "keys/cookie.key"]

    assert {stat.S_IMODE((one / name).stat().st_mode) for name in private} == {0o600}
    assert len({(conf / name).read_bytes() for conf in (one, other) for name in private[1:]}) == 6


def test_values_of_a_site_cannot_break_out_of_their_place() -> None:
    hostile = 'x"]\n[evil]\nkey = "'
    text = render_settings(EXAMPLE.__class__(**{**_fields(EXAMPLE), "name_en": hostile}))

    assert json.dumps(hostile) in text
    assert "\n[evil]" not in text


def test_the_reference_configuration_is_what_init_writes() -> None:
    assert REFERENCE.read_text(encoding="utf-8") == render_settings(EXAMPLE)
    assert load_settings(REFERENCE).site.base_url == EXAMPLE.base_url


def test_the_reference_configuration_explains_every_key() -> None:
    text = REFERENCE.read_text(encoding="utf-8")

    assert [name for name in sorted(_names(IdPSettings)) if name not in text] == []


def _fields(answers: object) -> dict[str, object]:
    return {name: getattr(answers, name) for name in answers.__dataclass_fields__}  # type: ignore[attr-defined]


def _names(model: type[BaseModel]) -> set[str]:
    found: set[str] = set()
    for name, field in model.model_fields.items():
        found.add(field.alias or name)
        inner = _model_in(field.annotation)
        if inner is not None:
            found |= _names(inner)
    return found
