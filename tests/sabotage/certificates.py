"""The certificate: the way to its address and back, whom a header is believed of, chain, lists, and whose it is."""

from tests.sabotage.row import Sabotage

WAY = "tests/clientcert/test_way.py"
HEADER = "tests/clientcert/test_header.py"
CHAIN = "tests/clientcert/test_chain.py"
REVOCATION = "tests/clientcert/test_revocation.py"
MAPPING = "tests/clientcert/test_mapping.py"
CHECK = "tests/clientcert/test_check.py"
CONFORMANCE = "tests/plugin/test_conformance.py"

ROWS = (
    Sabotage(
        "a ticket is good for ever",
        "idp/flow/ticket.py",
        "value = self._store.take(TICKET, _hash(ticket))",
        "value = self._store.get(TICKET, _hash(ticket))",
        f"{WAY}::test_a_ticket_is_used_once_however_many_open_it_at_once",
    ),
    Sabotage(
        "a receipt is good for ever",
        "idp/flow/ticket.py",
        "value = self._store.take(RECEIPT, _hash(receipt))",
        "value = self._store.get(RECEIPT, _hash(receipt))",
        f"{WAY}::test_a_receipt_is_used_once",
    ),
    Sabotage(
        "tickets live for an hour",
        "idp/flow/ticket.py",
        "LIFETIME = timedelta(seconds=60)",
        "LIFETIME = timedelta(seconds=3600)",
        f"{WAY}::test_ticket_and_receipt_live_for_a_minute",
    ),
    Sabotage(
        "a receipt is good in any conversation",
        "idp/flow/ticket.py",
        "if _place(data) != place:",
        "if False:",
        f"{WAY}::test_a_receipt_of_one_conversation_is_no_good_in_another_of_the_same_browser",
    ),
    Sabotage(
        "a receipt is good in any browser",
        "idp/web/sso.py",
        """held = site.conversations.resume(_execution(request), visitor.browser.id, visitor.now)
    evidence""",
        """held = site.conversations._read(_execution(request))
    visitor = replace(visitor, browser=type("B", (), {"id": held.conversation.browser, "is_new": False})())
    evidence""",
        f"{WAY}::test_a_receipt_is_good_in_the_browser_of_the_conversation_alone",
    ),
    Sabotage(
        "the store keeps tickets as they are",
        "idp/flow/ticket.py",
        'return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()',
        "return token",
        f"{WAY}::test_tickets_and_receipts_stand_in_the_store_as_hashes",
    ),
    Sabotage(
        "a button is evidence of a certificate",
        "plugins/clientcert/method.py",
        "return SendTo(Listener.CERTIFICATE)",
        'return Proved(visit.subject, Proof("clientcert", frozenset({Factor.POSSESSION}), tools.now))',
        f"{WAY}::test_the_button_leads_by_303_to_the_certificate_address_with_a_ticket",
    ),
    Sabotage(
        "pages of a login are served at the certificate address",
        "idp/web/application.py",
        "        if is_certificate_address(asked, site.settings.listen):",
        "        if False:",
        f"{WAY}::test_nothing_else_is_served_at_the_certificate_address",
    ),
    Sabotage(
        "the certificate's way is open at the main address",
        "idp/web/application.py",
        "    if not is_certificate_address(asked, site.settings.listen):",
        "    if False:",
        f"{WAY}::test_no_certificate_is_taken_at_the_main_address",
    ),
    Sabotage(
        "a form may not lead to the certificate address",
        "idp/web/pages.py",
        "        allow_certificate(response, site.settings.listen.certificate_url)",
        "        pass",
        f"{WAY}::test_s10_the_pages_form_may_lead_to_the_certificate_address_and_back",
    ),
    Sabotage(
        "a certificate in a header is believed of anybody",
        "idp/web/presented.py",
        "if not is_certificate_address(request, listen) or not comes_from_proxy(request, proxies):",
        "if not is_certificate_address(request, listen):",
        f"{HEADER}::test_nobody_else_is_believed",
    ),
    Sabotage(
        "a certificate counts without the proxy's word on it",
        "idp/web/presented.py",
        "if verdict != _VERIFIED and verdict not in _DOUBTED:",
        "if False:",
        f"{HEADER}::test_without_the_proxys_word_there_is_no_certificate",
        also=("doubted=verdict != _VERIFIED", "doubted=False"),
    ),
    Sabotage(
        "what the proxy could not verify is a proof",
        "plugins/clientcert/judgement.py",
        "return Code.CERTIFICATE_FOREIGN if evidence.doubted else None",
        "return None",
        f"{HEADER}::test_what_the_proxy_did_not_verify_logs_nobody_in",
    ),
    Sabotage(
        "an expired certificate is as good as a new one",
        "plugins/clientcert/judgement.py",
        "if not leaf.not_valid_before_utc <= tools.now <= leaf.not_valid_after_utc:",
        "if False:",
        f"{CHAIN}::test_one_out_of_its_dates_is_refused",
    ),
    Sabotage(
        "an authority is looked at as it was when it issued",
        "plugins/clientcert/authority.py",
        ".time(now)",
        ".time(leaf.not_valid_before_utc)",
        f"{CHAIN}::test_r12_an_authority_that_has_expired_vouches_for_nobody",
    ),
    Sabotage(
        "a certificate of any authority is accepted",
        "plugins/clientcert/authority.py",
        "        except VerificationError:\n            return None",
        "        except VerificationError:\n            return [leaf, *self.anchors]",
        f"{CHAIN}::test_r12_one_of_another_authority_is_foreign",
    ),
    Sabotage(
        "a weak key is strong enough",
        "plugins/clientcert/authority.py",
        "return chain if all(map(_is_strong, chain)) else None",
        "return chain",
        f"{CHAIN}::test_a_key_has_to_be_strong",
    ),
    Sabotage(
        "a server's certificate logs a person in",
        "plugins/clientcert/judgement.py",
        "ExtendedKeyUsageOID.CLIENT_AUTH in purposes and",
        "",
        f"{CHAIN}::test_one_that_is_not_for_logging_in_is_refused",
    ),
    Sabotage(
        "a key that may not sign logs a person in",
        "plugins/clientcert/judgement.py",
        "return usage.digital_signature and",
        "return usage is not None and",
        f"{CHAIN}::test_one_that_is_not_for_logging_in_is_refused",
    ),
    Sabotage(
        "revoked certificates log in",
        "plugins/clientcert/revocation.py",
        "                return Verdict.REVOKED\n            if is_current",
        "                continue\n            if is_current",
        f"{REVOCATION}::test_r13_a_revoked_certificate_is_refused",
    ),
    Sabotage(
        "a list that anybody signed is believed",
        "plugins/clientcert/revocation.py",
        "return crl.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]",
        "return True",
        f"{REVOCATION}::test_r13_a_list_that_another_key_signed_is_none",
    ),
    Sabotage(
        "a list of last year is believed",
        "plugins/clientcert/revocation.py",
        "return ends is not None and crl.last_update_utc <= now < ends",
        "return True",
        f"{REVOCATION}::test_a_list_that_has_ended_is_none",
    ),
    Sabotage(
        "without a list everybody is let in",
        "plugins/clientcert/revocation.py",
        'is_enough = self.revocation == "soft" or Verdict.UNKNOWN not in found',
        "is_enough = True",
        f"{REVOCATION}::test_f16_without_a_list_nobody_is_let_in_unchecked",
    ),
    Sabotage(
        "a list is read once and never again",
        "plugins/clientcert/revocation.py",
        "if kept is None or kept.stamp != stamp:",
        "if kept is None:",
        f"{REVOCATION}::test_a_list_is_read_again_when_it_changes",
    ),
    Sabotage(
        "a part of a list speaks for the whole",
        "plugins/clientcert/revocation.py",
        "if is_current(crl, now) and _speaks_of(crl, certificate):",
        "if is_current(crl, now):",
        f"{REVOCATION}::test_only_a_complete_list_for_people_speaks_by_its_silence",
    ),
    Sabotage(
        "anybody's certificate finishes anybody's login",
        "plugins/clientcert/judgement.py",
        "return None if owner.id == subject.id else Code.CERTIFICATE_OF_ANOTHER",
        "return None",
        f"{MAPPING}::test_r14_a_certificate_is_of_the_person_of_the_password",
    ),
    Sabotage(
        "a certificate that names two people is the first one's",
        "plugins/clientcert/mapping.py",
        "if len(values) != 1 or",
        "if not values or",
        f"{MAPPING}::test_what_does_not_name_one_person_names_nobody",
    ),
    Sabotage(
        "a name ends where its NUL is",
        "plugins/clientcert/mapping.py",
        "    values = list(READERS[match](certificate))\n",
        "    values = [each.partition(chr(0))[0] for each in READERS[match](certificate)]\n",
        f"{MAPPING}::test_what_does_not_name_one_person_names_nobody",
    ),
    Sabotage(
        "the directory is asked for a value with a NUL in it",
        "idp/directory/people.py",
        'return b"\\0" in value',
        "return False",
        "tests/directory/test_people.py::test_what_two_entries_say_or_none_is_nobodys",
    ),
    Sabotage(
        "a certificate on an entry is looked at by its name alone",
        "idp/directory/people.py",
        "value in entry.values.get(attribute.lower(), ()) and",
        "entry.values.get(attribute.lower(), ()) and",
        f"{MAPPING}::test_the_certificate_itself_may_stand_on_the_entry",
    ),
    Sabotage(
        "a method that believes any certificate passes the kit",
        "idp/plugin/rules.py",
        "        self._no_certificate_proves(case)\n",
        "",
        f"{CONFORMANCE}::test_a_method_that_believes_what_is_no_evidence_is_refused_by_name",
    ),
    Sabotage(
        "a site without a certificate address is found in order",
        "plugins/clientcert/method.py",
        "        if not tools.site.certificate_url:\n",
        "        if False:\n",
        f"{CHECK}::test_an_enabled_method_without_an_address_or_an_authority_is_named",
    ),
)
