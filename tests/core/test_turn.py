"""One thread of a process computes at a time, and nobody's waiting holds up the others."""

import os
from threading import Event, Thread

import pytest

from idp.core.turn import stepping_aside, taking_turn

PATIENCE_SECONDS = 20.0


def test_a_second_thread_begins_when_the_first_is_done() -> None:
    order: list[str] = []
    second = Thread(target=lambda: _in_turn(order, "second"))

    with taking_turn():
        second.start()
        order.append("first")
    second.join(PATIENCE_SECONDS)

    assert order == ["first", "second"]


def test_who_waits_lets_others_compute() -> None:
    done = Event()

    def other() -> None:
        with taking_turn():
            done.set()

    with taking_turn():
        Thread(target=other).start()
        with stepping_aside():
            assert done.wait(PATIENCE_SECONDS)


def test_a_turn_is_given_up_whatever_ends_the_block() -> None:
    with pytest.raises(ZeroDivisionError), taking_turn(), stepping_aside():
        raise ZeroDivisionError

    order: list[str] = []
    thread = Thread(target=lambda: _in_turn(order, "next"))
    thread.start()
    thread.join(PATIENCE_SECONDS)
    assert order == ["next"]


def test_a_turn_within_a_turn_is_the_same_one() -> None:
    with taking_turn(), taking_turn():
        order = ["inside"]

    with taking_turn():
        order.append("again")
    assert order == ["inside", "again"]


def test_stepping_aside_without_a_turn_is_nothing() -> None:
    order: list[str] = []

    with stepping_aside(), stepping_aside():
        _in_turn(order, "inside")
    _in_turn(order, "after")

    assert order == ["inside", "after"]


def test_a_forked_process_has_a_turn_of_its_own() -> None:
    with taking_turn():
        child = os.fork()
        if child == 0:
            with taking_turn():
                os._exit(7)
    _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 7


def _in_turn(order: list[str], name: str) -> None:
    with taking_turn():
        order.append(name)
