"""Rolling out: what holds for a time, for one person, and what is said of it."""

from tests.sabotage.row import Sabotage

GRACE = "tests/networks/test_grace.py"
REPORTS = "tests/helpdesk/test_reports.py"

ROWS = (
    Sabotage(
        "a rule holds a day longer than it says",
        "idp/flow/rules.py",
        "if row.until is not None and row.until < case.today:",
        "if row.until is not None and row.until + timedelta(days=1) < case.today:",
        f"{GRACE}::test_a_rule_holds_from_a_day_until_a_day_both_included",
    ),
    Sabotage(
        "a rule holds before its day",
        "idp/flow/rules.py",
        "if row.starts is not None and case.today < row.starts:",
        "if row.starts is not None and case.today < row.starts and False:",
        f"{GRACE}::test_a_rule_holds_from_a_day_until_a_day_both_included",
    ),
    Sabotage(
        "a grace whose beginning nobody knows never ends",
        "idp/flow/rules.py",
        "if end is None or end < case.today:",
        "if end is not None and end < case.today:",
        f"{GRACE}::test_a_grace_whose_beginning_nobody_knows_is_none",
    ),
    Sabotage(
        "a grace begins anew at each login",
        "idp/flow/acquaintance.py",
        "(self._noted(subject) or policy.day(now))",
        "policy.day(now)",
        f"{GRACE}::test_a_grace_ends_and_two_factors_are_wanted",
    ),
    Sabotage(
        "the explanation begins a grace",
        "idp/cli/policy.py",
        "site.acquaintances.foresee(",
        "site.acquaintances.greet(",
        f"{GRACE}::test_the_explanation_begins_no_grace",
    ),
    Sabotage(
        "who has a grace is not told",
        "idp/web/sso.py",
        "if isinstance(step, Reached) and not reminds(site, step, event, visitor.now):",
        "if isinstance(step, Reached):",
        f"{GRACE}::test_who_has_a_grace_is_told_how_many_days_are_left_and_goes_on",
    ),
    Sabotage(
        "the day of the request decides, not that of the answer",
        "idp/flow/engine.py",
        "person, standing.now, here)\n",
        "person, standing.demand.since, here)\n",
        f"{GRACE}::test_n04_a_session_of_a_grace_is_asked_for_more_when_the_grace_is_over",
    ),
    Sabotage(
        "a time of day is taken for a day",
        "idp/settings/kinds.py",
        "if isinstance(value, datetime) or not (is_text or isinstance(value, date)):",
        "if not (is_text or isinstance(value, date)):",
        f"{GRACE}::test_a_broken_day_refuses_the_start_and_names_its_key",
    ),
    Sabotage(
        "a rule that ends is said to leave nothing to later ones",
        "idp/settings/rule_order.py",
        "        and _holds_as_long(row, later)\n",
        "",
        f"{GRACE}::test_a_rule_that_holds_for_a_time_leaves_the_rest_to_later_ones",
    ),
    Sabotage(
        "a name is a formula of a spreadsheet",
        "idp/cli/report.py",
        "writer.writerows({name: _harmless(value) for name, value in row.items()} for row in rows)",
        "writer.writerows(rows)",
        f"{REPORTS}::test_a_name_is_no_formula_of_a_spreadsheet_and_moves_no_cursor",
    ),
    Sabotage(
        "a report leaves no line in the audit log",
        "idp/cli/report.py",
        "            context.record(AdminAct(verb, AdminResult.READ))\n",
        "",
        f"{REPORTS}::test_x10_that_a_report_was_made_is_written_down_and_it_holds_no_secret",
    ),
    Sabotage(
        "what was taken away is counted for ever",
        "idp/web/survey.py",
        '        for binding in ("", *Binding):',
        "        for binding in {binding for name, binding in factors if name == method and factors[name, binding]}:",
        f"{REPORTS}::test_the_metrics_count_what_people_have_by_method_and_binding_and_name_nobody",
    ),
)
