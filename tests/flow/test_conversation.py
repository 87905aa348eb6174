"""A conversation goes one way, one change at a time (security.md A-11, T-02)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from idp.core.codes import Code
from idp.core.errors import ProtocolError
from idp.flow.conversation import Conversations
from idp.store import SQLiteStore

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.fixture
def remembered(tmp_path: Path) -> Conversations:
    """Requests stay fresh for longer than a login may take."""
    store = SQLiteStore(tmp_path / "moments.sqlite", lambda: NOW)
    return Conversations(store, timedelta(minutes=5), timedelta(minutes=12))


@pytest.fixture
def conversations(tmp_path: Path) -> Conversations:
    store = SQLiteStore(tmp_path / "moments.sqlite", lambda: NOW)
    return Conversations(store, timedelta(minutes=15), timedelta(minutes=12))


@pytest.mark.parametrize("begun", [pytest.param(False, id="A-11-first-change"), pytest.param(True, id="T-02-later")])
def test_of_two_changes_of_one_state_the_second_is_none(conversations: Conversations, begun: bool) -> None:
    here, _ = conversations.open("handle", "{}", "browser", NOW)
    if begun:
        conversations.change(here, here.conversation)
        here = conversations.resume("handle", "browser", NOW)
        there = conversations.resume("handle", "browser", NOW)
    else:
        there, _ = conversations.open("handle", "{}", "browser", NOW)

    first = conversations.change(here, replace(here.conversation, method="here"))
    second = conversations.change(there, replace(there.conversation, method="there"))

    assert first is not None
    assert second is None
    assert conversations.resume("handle", "browser", NOW).conversation.method == "here"


def test_s13_a_login_grows_too_old_while_its_request_is_still_remembered(remembered: Conversations) -> None:
    held, _ = remembered.open("handle", "{}", "browser", NOW)
    remembered.change(held, held.conversation)

    remembered.resume("handle", "browser", NOW + timedelta(minutes=4, seconds=59))
    with pytest.raises(ProtocolError) as refused:
        remembered.resume("handle", "browser", NOW + timedelta(minutes=5))

    assert refused.value.code is Code.CONVERSATION_EXPIRED
