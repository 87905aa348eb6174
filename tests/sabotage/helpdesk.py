"""The help desk: what is kept of a refusal, who may do what to whom, and what is written down of it."""

from tests.sabotage.row import Sabotage

REFUSALS = "tests/helpdesk/test_refusals.py"

ROWS = (
    Sabotage(
        "the page says that a clock is off",
        "plugins/totp/method.py",
        "Wrong(Code.WRONG_CODE, ask, hint_of(",
        "Wrong(Code.CLOCK_WRONG, ask, hint_of(",
        f"{REFUSALS}::test_t11_a_clock_that_is_off_is_kept_for_the_help_desk_and_the_page_says_nothing_of_it",
    ),
    Sabotage(
        "a name that nobody has takes no writing",
        "idp/flow/refusals.py",
        "        if former is None:",
        "        if former is None and subject is not None:",
        f"{REFUSALS}::test_w08_a_name_that_nobody_has_takes_the_same_writing_and_is_not_kept",
    ),
    Sabotage(
        "a refusal by a rule is nobody's",
        "idp/flow/engine.py",
        "            error.subject = standing.subject\n",
        "",
        f"{REFUSALS}::test_a_rule_that_refused_is_kept_with_its_name",
    ),
)
