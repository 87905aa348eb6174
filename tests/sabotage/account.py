"""What a person sees and looks after by themselves: logins, sessions, browsers they trust."""

from tests.sabotage.row import Sabotage

HISTORY = "tests/flow/test_history.py"
LOGINS = "tests/login/test_login_history.py"

ROWS = (
    Sabotage(
        "a login is not written down",
        "idp/web/answer.py",
        "    note_login(site, reached, session_id, visitor, authn_request.service_provider.entity_id)\n",
        "",
        f"{LOGINS}::test_a_login_is_noted_with_its_service_network_and_methods",
    ),
    Sabotage(
        "a session used again is written down each time",
        "idp/flow/history.py",
        "if former is not None and login.reused and _start(key) in former:",
        "if False:",
        f"{HISTORY}::test_a_session_used_again_is_noted_once_for_each_service_provider",
    ),
    Sabotage(
        "of two logins at once one is lost",
        "idp/flow/history.py",
        'if self._write(person, former, line.encode("utf-8"), login.at):',
        'if self._write(person, former, line.encode("utf-8"), login.at) is not None:',
        f"{HISTORY}::test_of_two_logins_at_once_none_is_lost",
    ),
    Sabotage(
        "logins are told of for ever",
        "idp/flow/history.py",
        "if now - login.at < SHOWN)",
        "if now)",
        f"{HISTORY}::test_a_login_is_told_of_for_90_days_and_its_moment_known_for_400",
    ),
)
