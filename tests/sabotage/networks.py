"""Networks and rules: what files say, who is where, which row decides, and that the log says so."""

from tests.sabotage.row import Sabotage

ADDRESS = "tests/networks/test_address.py"
FILES = "tests/networks/test_files.py"
MATCH = "tests/networks/test_first_match.py"
SITE = "tests/networks/test_site.py"

ROWS = (
    Sabotage(
        "who may be in a network that cannot be read is in the next one",
        "idp/core/network.py",
        "        if not network.is_known:\n            return OUTSIDE\n",
        "",
        f"{FILES}::test_n07_nobody_is_in_a_network_that_comes_after_one_that_cannot_be_read",
    ),
    Sabotage(
        "a range goes on for ever",
        "idp/core/network.py",
        "return position > 0 and number <= self._ends[address.version][position - 1]",
        "return position > 0",
        f"{ADDRESS}::test_n03_ranges_hold_what_any_of_them_holds",
    ),
    Sabotage(
        "a mapped range that holds nobody is taken",
        "idp/core/network.py",
        "if isinstance(found, IPv6Network) and found.subnet_of(_MAPPED):",
        "if False:",
        f"{ADDRESS}::test_a_range_is_written_one_way",
    ),
    Sabotage(
        "half of a network file is the whole",
        "idp/settings/range_file.py",
        "if not lines or lines[-1][1] != LAST_LINE:",
        "if not lines:",
        f"{FILES}::test_n07_no_beginning_of_a_file_is_a_file",
    ),
    Sabotage(
        "a network file without a range is a network",
        "idp/settings/range_file.py",
        "    if not ranges:\n",
        "    if False:\n",
        f"{FILES}::test_what_cannot_be_read_holds_nobody_and_is_an_alarm[N-07-only-exceptions]",
    ),
    Sabotage(
        "a file that is broken counts as it was before",
        "idp/settings/watched.py",
        "self.value, self.problem, self._seen = None, problem, None",
        "self.problem, self._seen = problem, None",
        f"{FILES}::test_what_cannot_be_read_holds_nobody_and_is_an_alarm[N-07-empty]",
    ),
    Sabotage(
        "a table that is being written is believed",
        "idp/settings/watched.py",
        "if is_settled or self._is_new:",
        "if True:",
        f"{FILES}::test_n07_a_readable_half_of_a_table_is_not_believed_while_it_is_being_written",
    ),
    Sabotage(
        "networks are read at the start alone",
        "idp/settings/live_networks.py",
        "        if self._is_due(now):\n            with",
        "        if False:\n            with",
        f"{SITE}::test_an_edit_counts_without_a_restart",
    ),
    Sabotage(
        "nobody hears of a network that cannot be read",
        "idp/settings/live_networks.py",
        "            self._tell(self.problems)\n",
        "",
        f"{SITE}::test_n07_a_file_that_is_broken_puts_everybody_outside_and_raises_the_alarm",
    ),
    Sabotage(
        "a proxy before the proxy is the person",
        "idp/web/origin.py",
        "return None if before and _is_proxy(address, proxies) else address",
        "return address",
        f"{SITE}::test_a_proxy_that_says_too_little_puts_everybody_outside_and_the_operator_is_told",
    ),
    Sabotage(
        "who is not known yet is refused for being in no group",
        "idp/flow/rules.py",
        "            if case.person is not None or not (row.groups or row.grace):\n                break",
        "            break",
        f"{MATCH}::test_before_the_person_is_known_a_row_about_groups_refuses_nobody",
    ),
    Sabotage(
        "an entity category is no condition",
        "idp/flow/rules.py",
        "if (row.service_providers or row.entity_categories) and",
        "if row.service_providers and",
        f"{MATCH}::test_each_condition_fits_and_does_not",
    ),
    Sabotage(
        "a row about service providers fits where none asks",
        "idp/flow/rules.py",
        "return service_provider is not None and (",
        "return service_provider is None or (",
        f"{MATCH}::test_where_no_service_provider_asks_no_row_about_one_fits",
    ),
    Sabotage(
        "a group in another spelling is another group",
        "idp/flow/rules.py",
        "return not {plain_dn(each) for each in wanted}.isdisjoint(map(plain_dn, groups))",
        "return not set(wanted).isdisjoint(groups)",
        f"{MATCH}::test_a_group_is_the_same_in_every_spelling",
    ),
    Sabotage(
        "the last row that fits decides",
        "idp/flow/rules.py",
        "    for row in rules:\n        if next(",
        "    for row in reversed(rules):\n        if next(",
        f"{MATCH}::test_the_first_row_whose_every_condition_holds_decides",
    ),
    Sabotage(
        "the explanation goes its own way",
        "idp/flow/rules.py",
        "row is deciding, last_day",
        "not tuple(_unmet(row, case)), last_day",
        f"{MATCH}::test_a_later_row_that_fits_does_not_decide",
    ),
    Sabotage(
        "a refusal does not say by which rule",
        "idp/web/audit_event.py",
        "        rule=error.rule,\n",
        "",
        f"{SITE}::test_every_line_of_a_login_names_the_rule",
    ),
    Sabotage(
        "a wrong code does not say by which rule it was asked for",
        "idp/web/audit_event.py",
        "        rule=step.rule,\n",
        "",
        f"{SITE}::test_every_line_of_a_login_names_the_rule",
    ),
)
