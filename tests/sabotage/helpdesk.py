"""The help desk: what is kept of a refusal, who may do what to whom, and what is written down of it."""

from tests.sabotage.row import Sabotage

ACTS = "tests/helpdesk/test_acts.py"
ENTRANCE = "tests/helpdesk/test_entrance.py"
FINDING = "tests/helpdesk/test_finding.py"
REFUSALS = "tests/helpdesk/test_refusals.py"

ROWS = (
    Sabotage(
        "the page says that a clock is off",
        "plugins/totp/method.py",
        "Wrong(Code.WRONG_CODE, ask, next(",
        "Wrong(Code.CLOCK_WRONG, ask, next(",
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
    Sabotage(
        "staff act on themselves",
        "idp/flow/helpdesk.py",
        "if person.id == staff.subject.id or (theirs",
        "if (theirs",
        f"{ACTS}::test_nobody_acts_on_themselves_or_on_their_rank_or_a_higher_one",
        also=("theirs.rank >= staff.rank", "theirs.rank > staff.rank"),
    ),
    Sabotage(
        "staff act on a higher rank",
        "idp/flow/helpdesk.py",
        "(theirs is not None and theirs.rank >= staff.rank)",
        "(theirs is not None and False)",
        f"{ACTS}::test_nobody_acts_on_themselves_or_on_their_rank_or_a_higher_one",
    ),
    Sabotage(
        "a role has every act",
        "idp/flow/helpdesk.py",
        "return act.value in role.may and",
        "return",
        f"{ACTS}::test_a_role_has_its_acts_and_no_others",
    ),
    Sabotage(
        "old proofs are good enough for an act",
        "idp/web/fresh.py",
        "if session is None or desk is None or not is_act:",
        "if True:",
        f"{ENTRANCE}::test_an_act_wants_two_factors_proved_within_the_last_minutes",
    ),
    Sabotage(
        "proofs that have aged on the page are good enough",
        "idp/web/helpdesk/act.py",
        "form, visitor.browser.id)\n    staff = enter(site, request, visitor, is_act=True)",
        "form, visitor.browser.id)\n    staff = enter(site, request, visitor)",
        f"{ENTRANCE}::test_an_act_whose_proofs_have_aged_on_the_page_is_not_done",
    ),
    Sabotage(
        "everybody is staff",
        "idp/web/helpdesk/entrance.py",
        "    if staff is None:\n",
        "    staff = staff or Staff(step.subject, 9, desk_of(site).roles[-1])\n    if staff is None:\n",
        f"{ENTRANCE}::test_who_is_no_staff_is_told_so_and_it_is_written_down",
    ),
    Sabotage(
        "the rules of a login open the help desk",
        "idp/web/helpdesk/entrance.py",
        "own_demand(Purpose.HELPDESK, visitor.now)",
        "own_demand(Purpose.LOGIN, visitor.now)",
        f"{ENTRANCE}::test_one_factor_opens_no_page_of_the_help_desk",
    ),
    Sabotage(
        "an act needs no reason",
        "idp/web/helpdesk/act.py",
        "if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:",
        "if False:",
        f"{ACTS}::test_nothing_is_done_without_a_reason_and_the_form_is_still_good",
    ),
    Sabotage(
        "a form of the help desk is good for ever",
        "idp/web/helpdesk/order.py",
        "return site.store.take(KIND, name) == order.basis",
        "return site.store.get(KIND, name) == order.basis",
        f"{ACTS}::test_a_form_is_good_once",
    ),
    Sabotage(
        "a form of the help desk is good for anybody",
        "idp/web/helpdesk/order.py",
        "return site.store.take(KIND, name) == order.basis",
        "return site.store.take(KIND, name) is not None",
        f"{ACTS}::test_a_form_serves_for_no_other_person_and_no_other_act",
    ),
    Sabotage(
        "an act of the help desk is taken from another site",
        "idp/web/helpdesk/act.py",
        "    verify_origin(request, site.settings.site.base_url)\n",
        "",
        f"{ACTS}::test_a_form_from_another_site_does_nothing",
    ),
    Sabotage(
        "an act is written down only when it is done",
        "idp/web/helpdesk/act.py",
        "    _record(site, order, Decision.STARTED, reason)\n",
        "",
        f"{ACTS}::test_an_act_is_written_down_before_and_after_and_told_by_mail",
    ),
    Sabotage(
        "the help desk lists everybody",
        "idp/directory/people.py",
        "if found.answer.code == Result.SIZE_LIMIT or len(found.entries) > most:",
        "if False:",
        f"{FINDING}::test_more_than_twenty_are_not_shown",
    ),
    Sabotage(
        "one letter finds people",
        "idp/directory/people.py",
        "SHORTEST_BEGINNING = 3",
        "SHORTEST_BEGINNING = 1",
        f"{FINDING}::test_w01_nothing_else_finds_anybody",
    ),
    Sabotage(
        "searches are not counted",
        "idp/web/helpdesk/find.py",
        "if count.value > desk.searches_an_hour:",
        "if False:",
        f"{FINDING}::test_searches_are_counted_and_written_down_without_what_was_typed",
    ),
    Sabotage(
        "unlocking leaves an app stopped",
        "idp/web/helpdesk/deeds.py",
        "            enabled.method.let_go_on(order.person, site.tools(name))",
        "            pass",
        f"{ACTS}::test_t05_unlocking_lets_an_app_go_on_that_was_stopped",
    ),
    Sabotage(
        "unlocking leaves the lanes of networks spent",
        "idp/flow/throttle.py",
        'return [*(f"network:{name}" for name in networks),',
        "return [*(),",
        f"{ACTS}::test_unlocking_gives_passwords_back_in_every_network_and_browser",
    ),
)
