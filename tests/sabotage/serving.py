"""Sabotages of how requests are served."""

from tests.sabotage.row import Sabotage

LISTENERS = "tests/cli/test_listeners.py"
TURN = "tests/core/test_turn.py"

ROWS = (
    Sabotage(
        "who waits for the directory holds up the worker",
        "idp/directory/connection.py",
        "            with stepping_aside():\n                return receive(most)",
        "            return receive(most)",
        "tests/directory/test_faults.py::test_f03_who_waits_for_the_directory_does_not_hold_up_the_worker",
    ),
    Sabotage(
        "a slow client holds up the worker",
        "idp/cli/sockets.py",
        "        with stepping_aside():\n",
        "        if True:\n",
        f"{LISTENERS}::test_a_body_that_comes_slowly_holds_up_nobody",
    ),
    Sabotage(
        "threads compute side by side",
        "idp/core/turn.py",
        "            return False\n        self._acquire()\n",
        "            return False\n",
        f"{TURN}::test_a_second_thread_begins_when_the_first_is_done",
    ),
    Sabotage(
        "a request that hangs stops a worker for ever",
        "idp/core/turn.py",
        "not lock.acquire(timeout=LONGEST_SECONDS)",
        "not lock.acquire()",
        f"{LISTENERS}::test_a_request_that_hangs_stops_others_for_a_moment_only",
    ),
    Sabotage(
        "an answer is not sent until the connection ends",
        "idp/cli/worker.py",
        "        conn.sock.flush()\n",
        "",
        f"{LISTENERS}::test_many_at_once_are_each_answered",
    ),
)
