"""Passkeys in the directory: registered, found by their digest, counted, taken away."""

from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace

import pytest

from idp.directory.site import DirectorySite
from idp.plugin import Binding, Proved, SiteFacts, Tools
from idp.store import PluginMoments, SQLiteStore
from tests.directory.conftest import SettableClock
from tests.passkey.authenticator import ORIGIN, SoftKey
from tests.passkey.conftest import Desk


@pytest.fixture
def desk(site: DirectorySite, clock: SettableClock, tmp_path: Path) -> Desk:
    store = SQLiteStore(tmp_path / "store.sqlite", clock)
    facts = SiteFacts(f"{ORIGIN}/idp/shibboleth", ORIGIN, {"en": "Example University"}, "Warifu")

    def tools(name: str) -> Tools:
        return Tools(
            now=clock(),
            people=site.people,
            credentials=site.credentials,
            moments=PluginMoments(store, name),
            letters=SimpleNamespace(),  # type: ignore[arg-type]
            notices=SimpleNamespace(),  # type: ignore[arg-type]
            site=facts,
            alarm=lambda message: None,
            digest=lambda value: sha256(name.encode() + value).digest(),
        )

    return Desk(SimpleNamespace(site=SimpleNamespace(tools=tools)))  # type: ignore[arg-type]


def test_it_serves_after_a_password_and_alone_until_it_is_taken_away(desk: Desk) -> None:
    key, other = desk.register("carol", SoftKey(sign_count=1)), desk.register("carol", binding=Binding.FACTOR)

    alone, after = desk.log_in(key), desk.log_in(other, "carol")

    assert isinstance(alone, Proved)
    assert isinstance(after, Proved)
    assert (alone.subject, after.subject) == (desk.subject("carol"), desk.subject("carol"))
    first, second = desk.passkeys("carol")
    assert (first.state.sign_count, first.used_at, second.binding) == (2, desk.tools.now, Binding.FACTOR)
    for each in (first, second):
        assert desk.method.withdraw(desk.subject("carol"), each.registered, desk.tools)
    assert desk.passkeys("carol") == ()
    assert not isinstance(desk.log_in(key), Proved)
