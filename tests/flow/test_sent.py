"""A method may send the browser to a listener that there is, once, and judges what was seen when it is back."""

from dataclasses import replace
from pathlib import Path

import pytest

from idp.core.codes import Code
from idp.flow.step import Page, Reached, Sent, Step
from idp.plugin import CertificateEvidence, Listener, Outcome, SendTo, Visit
from tests.flow.test_engine import DEMAND, NOW, SITUATION, Stage, word

SEEN = CertificateEvidence(b"seen")


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """Somebody whose first step is proved, before a second method that wants a certificate."""
    stage = Stage(tmp_path)
    stage.engine._listeners = frozenset({Listener.CERTIFICATE})
    stage.second.answer = lambda visit: word("second") if visit.certificate else SendTo(Listener.CERTIFICATE, b"kept")
    stage.submit("first")
    return stage


def come_back(stage: Stage, seen: CertificateEvidence) -> Step:
    """Go on with what the other listener saw."""
    situation = replace(SITUATION, certificate=seen)
    return stage.engine.submit(stage.conversation, None, DEMAND, situation, {}, "certificate", NOW)  # type: ignore[return-value]


def test_the_browser_is_sent_and_what_the_method_kept_stays(stage: Stage) -> None:
    sent = stage.submit("second")

    assert isinstance(sent, Sent)
    assert (sent.listener, sent.conversation.method, sent.conversation.state) == (
        Listener.CERTIFICATE,
        "second",
        b"kept",
    )
    assert sent.conversation.proofs == stage.conversation.proofs


def test_who_is_back_is_judged_by_what_was_seen(stage: Stage) -> None:
    visits: list[Visit] = []

    def judge(visit: Visit) -> Outcome:
        visits.append(visit)
        return word("second") if visit.certificate else SendTo(Listener.CERTIFICATE, b"kept")

    stage.second.answer = judge
    stage.submit("second")

    assert isinstance(come_back(stage, SEEN), Reached)
    assert [(visit.certificate, visit.state) for visit in visits] == [(None, b""), (SEEN, b"kept")]


def test_nobody_is_sent_to_a_listener_that_is_not_there(stage: Stage) -> None:
    stage.engine._listeners = frozenset()

    page = stage.submit("second")

    assert isinstance(page, Page)
    assert (page.method, page.problem) == ("second", Code.CERTIFICATE_NOT_READY)


def test_who_is_back_is_not_sent_again(stage: Stage) -> None:
    stage.second.answer = lambda visit: SendTo(Listener.CERTIFICATE)
    stage.submit("second")

    page = come_back(stage, SEEN)

    assert isinstance(page, Page)
    assert page.problem is Code.CERTIFICATE_NOT_READY
