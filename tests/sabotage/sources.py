"""Sources of metadata: signatures, validity, precedence, what is fetched."""

from tests.sabotage.row import Sabotage

AGGREGATE = "tests/federation/test_aggregate.py"
SOURCES = "tests/federation/test_sources.py"
FETCHING = "tests/federation/test_fetching.py"

ROWS = (
    Sabotage(
        "metadata counts whatever its digest is",
        "idp/xml/aggregate.py",
        "if self._signature is not None and not hmac.compare_digest(",
        "if self._signature is None and not hmac.compare_digest(",
        f"{AGGREGATE}::test_m01_a_change_anywhere_is_seen",
    ),
    Sabotage(
        "metadata counts whoever signed it",
        "idp/xml/aggregate.py",
        "        verify_octets(signed, signature.method, signature.value, keys)\n",
        "",
        f"{AGGREGATE}::test_m01_another_key_is_refused_and_either_of_two_is_accepted",
    ),
    Sabotage(
        "metadata without a signature counts",
        "idp/xml/aggregate.py",
        "            if first is None or first.tag != _SIGNATURE:\n                raise _invalid",
        "            if first is None:\n                raise _invalid",
        f"{AGGREGATE}::test_m01_what_is_not_signed_is_refused",
    ),
    Sabotage(
        "metadata may have a document type",
        "idp/xml/cutting.py",
        "        self._parser.StartDoctypeDeclHandler = _refuse_document_type\n",
        "",
        f"{AGGREGATE}::test_what_is_not_plainly_metadata_is_refused",
    ),
    Sabotage(
        "one entity may fill the memory",
        "idp/xml/cutting.py",
        "if len(waiting) > longest + _CHUNK:",
        "if False:",
        f"{AGGREGATE}::test_m06_m09_limits_hold_while_a_document_streams_by",
    ),
    Sabotage(
        "metadata without an end is taken",
        "idp/federation/signed.py",
        """        raise SourceUnreadableError("it has no validUntil")""",
        "        return",
        f"{SOURCES}::test_m02_what_lasts_for_ever_too_long_or_not_at_all_is_refused",
    ),
    Sabotage(
        "metadata may be valid for years",
        "idp/federation/signed.py",
        "if valid_until > now + longest:",
        "if False:",
        f"{SOURCES}::test_m02_what_lasts_for_ever_too_long_or_not_at_all_is_refused",
    ),
    Sabotage(
        "metadata that has ended is taken",
        "idp/federation/signed.py",
        "if valid_until <= now:",
        "if False:",
        f"{SOURCES}::test_m02_what_lasts_for_ever_too_long_or_not_at_all_is_refused",
    ),
    Sabotage(
        "an older document takes the place of a newer one",
        "idp/federation/signed.py",
        "            verify_newer(valid_until, issued, last)\n",
        "",
        f"{SOURCES}::test_m05_f12_an_older_document_is_refused",
    ),
    Sabotage(
        "what a key signed counts after the key was taken away",
        "idp/federation/refresh.py",
        """return source is None or state.version.endswith(f" {source.mark}")""",
        "return True",
        f"{SOURCES}::test_a_key_that_is_no_longer_trusted_takes_its_entities_along",
    ),
    Sabotage(
        "the last source is used, not the first",
        "idp/federation/index.py",
        "WHERE entity_id = ? ORDER BY rank LIMIT 1",
        "WHERE entity_id = ? ORDER BY rank DESC LIMIT 1",
        f"{SOURCES}::test_m07_the_folder_comes_first_then_the_sources_in_their_order",
    ),
    Sabotage(
        "a source from the network needs no key",
        "idp/settings/metadata_source.py",
        "if self.is_remote and not self.keys:",
        "if False:",
        f"{SOURCES}::test_m01_a_source_that_could_not_be_trusted_is_refused_at_the_start",
    ),
    Sabotage(
        "a bad document that was fetched takes the place of the good one",
        "idp/federation/refresh.py",
        "            backing.refuse(error)",
        "            backing.accept()",
        f"{FETCHING}::test_m01_m02_m05_a_bad_document_is_put_aside_and_the_good_one_stays",
    ),
    Sabotage(
        "what was fetched is judged without what was good before",
        "idp/federation/refresh.py",
        "is_new = backing.has_news and (name in self._before or not backing.is_there)",
        "is_new = backing.has_news",
        f"{FETCHING}::test_m05_with_the_index_lost_an_older_document_is_still_refused",
    ),
    Sabotage(
        "a redirect may lead anywhere",
        "idp/fetch.py",
        """if urlsplit(url).scheme != "https":""",
        "if False:",
        f"{FETCHING}::test_redirects_lead_to_https_alone_and_come_to_an_end",
    ),
    Sabotage(
        "an answer may be of any length",
        "idp/fetch.py",
        "if exchange.is_given_up or written > exchange.wanted.octets:",
        "if exchange.is_given_up:",
        f"{FETCHING}::test_f11_whatever_a_server_does_what_was_good_is_served_until_it_ends",
    ),
    Sabotage(
        "a slow server is waited for",
        "idp/fetch.py",
        "if not exchange.is_done.wait(wanted.seconds):",
        "if not exchange.is_done.wait():",
        f"{FETCHING}::test_f11_whatever_a_server_does_what_was_good_is_served_until_it_ends",
    ),
    Sabotage(
        "the environment says where requests go, and passwords with them",
        "idp/fetch.py",
        "        session.trust_env = False\n",
        "",
        f"{FETCHING}::test_nothing_of_this_process_surroundings_is_asked_or_sent",
    ),
)
