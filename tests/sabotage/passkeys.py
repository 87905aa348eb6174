"""Passkeys: each step of the verification, whose they are, what is in their seal."""

from tests.sabotage.row import Sabotage

CEREMONIES = "tests/passkey/test_ceremonies.py"
METHOD = "tests/passkey/test_method.py"
LOGIN = "tests/passkey/test_login.py"
CLIENT_DATA = "plugins/passkey/client_data.py"
AUTHENTICATOR = "plugins/passkey/authenticator_data.py"
CEREMONY = "plugins/passkey/ceremony.py"
KEY = "plugins/passkey/public_key.py"
CODE = "plugins/passkey/method.py"
ENROL = "plugins/passkey/enrol.py"

ROWS = (
    Sabotage(
        "a registration is a login",
        CLIENT_DATA,
        "if client_data.type != ceremony:",
        "if False:",
        f"{CEREMONIES}::test_a_registration_is_no_login_and_a_login_no_registration",
    ),
    Sabotage(
        "any challenge will do",
        CLIENT_DATA,
        "if not compare_digest(client_data.challenge, challenge):",
        "if False:",
        f"{CEREMONIES}::test_the_challenge_is_that_of_this_page",
    ),
    Sabotage(
        "any page may ask for our passkeys",
        CLIENT_DATA,
        "if client_data.origin != us.origin:",
        "if False:",
        f"{CEREMONIES}::test_no_login_with[another-host]",
    ),
    Sabotage(
        "an origin that begins like ours is ours",
        CLIENT_DATA,
        "if client_data.origin != us.origin:",
        "if not str(client_data.origin).startswith(us.origin):",
        f"{CEREMONIES}::test_no_login_with[another-port]",
    ),
    Sabotage(
        "a frame of another's page is ours",
        CLIENT_DATA,
        "if client_data.cross_origin is not False:",
        "if False:",
        f"{CEREMONIES}::test_no_login_with[in-a-frame]",
    ),
    Sabotage(
        "another relying party's assertion is ours",
        AUTHENTICATOR,
        "if not compare_digest(data.rp_id_hash, us.id_hash):",
        "if False:",
        f"{CEREMONIES}::test_no_login_with[another-relying-party]",
    ),
    Sabotage(
        "nobody need be there",
        AUTHENTICATOR,
        "if not data.is_user_present():",
        "if False:",
        f"{CEREMONIES}::test_no_login_with[nobody-there]",
    ),
    Sabotage(
        "nobody need be verified",
        AUTHENTICATOR,
        "if verified and not data.is_user_verified():",
        "if False:",
        f"{CEREMONIES}::test_no_login_with[not-verified]",
    ),
    Sabotage(
        "backup flags may contradict",
        AUTHENTICATOR,
        "if data.is_backed_up() and not data.is_backup_eligible():",
        "if False:",
        f"{CEREMONIES}::test_no_login_with[backed-up-and-cannot-be]",
    ),
    Sabotage(
        "what has more after it is whole",
        AUTHENTICATOR,
        "if _end(encoded) != len(encoded):",
        "if _end(encoded) is None:",
        f"{CEREMONIES}::test_no_login_with[extensions-with-more-after]",
        also=(
            "        return AuthenticatorData(encoded)\n",
            "        return AuthenticatorData(encoded[: _end(encoded)])\n",
        ),
    ),
    Sabotage(
        "a signature is not looked at",
        CEREMONY,
        "if not is_signed(public_key, assertion.authenticator_data + client_data.hash, assertion.signature):",
        "if False:",
        f"{CEREMONIES}::test_a_signature_by_another_key_is_none[-7]",
    ),
    Sabotage(
        "a login may bring a credential along",
        CEREMONY,
        "if data.is_attested():",
        "if False:",
        f"{CEREMONIES}::test_a_login_that_brings_a_credential_along_is_none",
    ),
    Sabotage(
        "a short credential id is taken",
        CEREMONY,
        "if attested is None or len(attested.credential_id) not in CREDENTIAL_ID_OCTETS:",
        "if attested is None:",
        f"{CEREMONIES}::test_a_credential_id_has_16_octets_at_least_and_1023_at_most[15]",
    ),
    Sabotage(
        "an attestation object that is cut off is read",
        CEREMONY,
        "    if not is_well_formed(encoded):\n",
        "    if False:\n",
        f"{CEREMONIES}::test_no_registration_with_what_the_library_would_take",
    ),
    Sabotage(
        "any algorithm is accepted",
        KEY,
        "if isinstance(algorithm, bool) or algorithm not in ALGORITHMS:",
        "if False:",
        f"{CEREMONIES}::test_no_registration_of_a_key_that_is[another-algorithm]",
        also=("if not _IS_OF_ITS_KIND[key[_ALGORITHM]](key):", "if False:"),
    ),
    Sabotage(
        "a key of any size is accepted",
        KEY,
        "if not _IS_OF_ITS_KIND[key[_ALGORITHM]](key):",
        "if False:",
        f"{CEREMONIES}::test_no_registration_of_a_key_that_is[rsa-of-1024-bits]",
    ),
    Sabotage(
        "a domain whose name ends like ours is ours",
        "plugins/passkey/relying_party.py",
        'host.endswith(f".{self.id}")',
        "host.endswith(self.id)",
        f"{CEREMONIES}::test_no_other_relying_party_is_ours[p.example.ac.jp]",
    ),
    Sabotage(
        "an answer is good twice",
        CODE,
        "if not challenge.use(tools):",
        "if False:",
        f"{METHOD}::test_a_challenge_is_good_once_whatever_follows",
    ),
    Sabotage(
        "a challenge is good for ever",
        CODE,
        "if challenge is None or not challenge.is_fresh(tools.now):",
        "if challenge is None:",
        f"{METHOD}::test_a_challenge_is_good_for_five_minutes",
    ),
    Sabotage(
        "alone a passkey need not verify",
        CODE,
        "verified = is_alone or self._settings.user_verification == REQUIRED",
        "verified = self._settings.user_verification == REQUIRED",
        f"{METHOD}::test_alone_the_person_has_to_be_verified",
    ),
    Sabotage(
        "an unverified passkey is two factors",
        CODE,
        "if shown.is_verified else {Factor.POSSESSION}",
        "if shown else {Factor.POSSESSION}",
        f"{METHOD}::test_after_a_password_a_passkey_proves_possession_and_with_verification_knowledge[-7]",
    ),
    Sabotage(
        "another person's user handle is taken",
        CODE,
        "if (assertion.user_handle or is_handle_needed) and assertion.user_handle != each.key.user_handle:",
        "if False:",
        f"{METHOD}::test_t20_a_passkey_with_another_persons_user_handle_is_nobodys",
    ),
    Sabotage(
        "a count that does not rise is let in",
        CODE,
        "if sign_count > passkey.state.sign_count or sign_count == passkey.state.sign_count == 0:",
        "if True:",
        f"{METHOD}::test_a_count_that_does_not_rise_is_refused_and_told[4]",
    ),
    Sabotage(
        "a passkey taken away meanwhile counts",
        CODE,
        '        raise CeremonyError(Doubt.UNKNOWN, "it was taken away")\n',
        "",
        f"{METHOD}::test_a_passkey_taken_away_while_it_was_judged_proves_nothing",
    ),
    Sabotage(
        "what can be backed up may change",
        CODE,
        "if shown.is_backup_eligible is not passkey.key.is_backup_eligible:",
        "if False:",
        f"{METHOD}::test_a_forged_assertion_is_wrong_and_counted[backup-flags-changed-after-a-password]",
    ),
    Sabotage(
        "a passkey bound by the password alone is a way around it",
        CODE,
        "if is_alone and passkey.binding is Binding.CAMPUS_REPLACED:",
        "if False:",
        f"{METHOD}::test_bound_by_the_password_alone_it_is_no_way_around_the_password",
    ),
    Sabotage(
        "a credential of somebody else's is registered again",
        ENROL,
        "if find_owner(new.credential_id, tools) is not None:",
        "if False:",
        f"{METHOD}::test_a_credential_that_is_somebodys_already_is_not_registered_again",
    ),
    Sabotage(
        "a challenge of a registration is good for ever",
        ENROL,
        "if visit.subject is None or offer is None or not offer.challenge.is_fresh(tools.now):",
        "if visit.subject is None or offer is None:",
        f"{METHOD}::test_an_offer_is_good_for_five_minutes",
    ),
    Sabotage(
        "a page with a challenge is kept for nobody",
        "idp/web/pages.py",
        ", **step.ask.fresh}",
        "}",
        f"{LOGIN}::test_the_pages_of_many_people_are_not_kept",
        also=("**step.ask.values,", "**step.ask.values, **step.ask.fresh,"),
    ),
    Sabotage(
        "a digest in two places is the first one's",
        "idp/directory/people.py",
        "if len(found.entries) != 1 or found.entries[0].first(KIND) != kind.name.encode():",
        "if not found.entries:",
        f"{METHOD}::test_one_digest_in_two_places_is_nobodys",
    ),
)
