"""Single logout: who may end whose session, and what is said of it."""

from tests.sabotage.row import Sabotage

REQUEST = "tests/logout/test_request.py"
PROPAGATION = "tests/logout/test_propagation.py"
ENCRYPTED = "tests/logout/test_encrypted.py"
SOAP = "tests/logout/test_soap.py"

ROWS = (
    Sabotage(
        "a LogoutRequest needs no signature",
        "idp/saml/logout.py",
        "expectations=expectations, must_be_signed=True)",
        "expectations=expectations, must_be_signed=False)",
        f"{REQUEST}::test_l01_a_request_without_a_signature_ends_nothing",
    ),
    Sabotage(
        "a LogoutRequest is good twice",
        "idp/web/slo.py",
        "if not site.logouts.is_new(request.service_provider.entity_id, request.id, visitor.now):",
        "if False:",
        f"{REQUEST}::test_l01_a_request_is_good_once",
    ),
    Sabotage(
        "a service provider ends what another was told",
        "idp/web/slo.py",
        "return participation.entity_id == logout_request.service_provider.entity_id and participation.is_named(",
        "return participation.is_named(",
        f"{REQUEST}::test_l02_a_service_provider_cannot_end_by_what_another_was_told",
    ),
    Sabotage(
        "any name ends a session whose index is known",
        "idp/flow/participation.py",
        "if ours is None or name_id.value != ours.value or name_id.format not in",
        "if ours is None or name_id.format not in",
        f"{REQUEST}::test_what_names_no_session_of_this_service_provider_ends_none",
    ),
    Sabotage(
        "NotOnOrAfter of a LogoutRequest is not looked at",
        "idp/saml/conditions.py",
        "    if now >= ends + clock_skew:\n",
        "    if False:\n",
        f"{REQUEST}::test_a_request_that_breaks_a_rule_ends_nothing",
    ),
    Sabotage(
        "a LogoutRequest may be of any age",
        "idp/saml/logout.py",
        'conditions.check_issue_instant(root.get("IssueInstant"), expectations.tolerance(entity_id), now)',
        "now",
        f"{REQUEST}::test_a_request_that_breaks_a_rule_ends_nothing",
    ),
    Sabotage(
        "a LogoutRequest may have been meant for anybody",
        "idp/saml/logout.py",
        'conditions.check_destination(root.get("Destination"), ours, signed=unverified.binding != SOAP_BINDING)',
        "ours",
        f"{REQUEST}::test_a_request_that_breaks_a_rule_ends_nothing",
    ),
    Sabotage(
        "an address for logout may be a script",
        "idp/federation/endpoints.py",
        "            check_location(endpoint.location, allow_loopback_http=allow_loopback_http)\n"
        "            check_location(endpoint.response_location, allow_loopback_http=allow_loopback_http)\n",
        "            pass\n",
        f"{REQUEST}::test_l04_an_address_that_is_not_https_is_not_used",
    ),
    Sabotage(
        "the session outlives its logout",
        "idp/flow/session.py",
        "            if line and session.line == line:\n                self._store.remove(KIND, key)\n",
        "            if line and session.line == line:\n",
        f"{REQUEST}::test_l08_the_old_cookie_opens_nothing_on_any_worker",
    ),
    Sabotage(
        "a logout is said to be whole where one service provider failed",
        "idp/web/propagate.py",
        "SUCCESS if logout.is_whole else PARTIAL",
        "SUCCESS",
        f"{PROPAGATION}::test_one_that_fails_makes_the_logout_partial",
    ),
    Sabotage(
        "a LogoutResponse of anybody counts",
        "idp/web/slo.py",
        "if task.entity_id != response.service_provider.entity_id:",
        "if False:",
        f"{PROPAGATION}::test_an_answer_that_another_service_provider_signed_counts_for_nothing",
    ),
    Sabotage(
        "a logout goes on without the form of its page",
        "idp/web/propagate.py",
        '    site.tokens.read_step(read_form(request).get("csrf_token", ""), held.handle, visitor.browser.id)\n',
        "",
        f"{PROPAGATION}::test_l05_a_step_of_a_logout_needs_the_form_of_its_page",
    ),
    Sabotage(
        "by SOAP a logout is said to be whole",
        "idp/web/slo.py",
        "UNKNOWN if ended is None else PARTIAL if ended.tasks else SUCCESS",
        "UNKNOWN if ended is None else SUCCESS",
        f"{SOAP}::test_l07_by_soap_nobody_else_can_be_told_and_that_is_said",
    ),
    Sabotage(
        "a SOAP header that must be understood is passed over",
        "idp/saml/soap.py",
        "    if any(_is_required(block) for header in parts[:-1] for block in elements_of(header)):\n",
        "    if False:\n",
        f"{SOAP}::test_an_envelope_that_is_none_is_a_fault",
    ),
    Sabotage(
        "an encrypted name may be of any size",
        "idp/xml/decrypt.py",
        "if len(canonical(holder)) > LARGEST_ENCRYPTED_OCTETS:",
        "if False:",
        f"{ENCRYPTED}::test_l06_more_than_64_kb_is_not_decrypted",
    ),
    Sabotage(
        "of several wrapped keys the first is used",
        "idp/xml/decrypt.py",
        "if len(found) != 1 or len(inside) + len(beside) != 1:",
        "if not found:",
        f"{ENCRYPTED}::test_what_is_encrypted_in_another_way_is_refused",
    ),
)
