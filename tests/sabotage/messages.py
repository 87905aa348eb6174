"""What comes in as SAML: signed, fresh, for us, once, and read under limits; what goes out as SAML."""

from tests.sabotage.row import Sabotage

SIGNATURE = "tests/saml_in/test_signature.py"
WRAPPING = "tests/saml_in/test_wrapping.py"
MESSAGE = "tests/saml_in/test_message.py"
ENDPOINT = "tests/saml_in/test_consumer_service.py"
ANSWER = "tests/saml_out/test_answer.py"
ENCRYPT = "tests/saml_out/test_encrypt.py"

ROWS = (
    Sabotage(
        "a signature by Redirect is not verified",
        "idp/saml/verify_request.py",
        "    _verify_query(unverified.query_signature, keys, allow_sha1=allow_sha1)\n",
        "",
        f"{SIGNATURE}::test_a22_only_keys_of_the_metadata_count_and_each_of_them_does",
    ),
    Sabotage(
        "a signature by POST is not verified",
        "idp/saml/verify_request.py",
        "return verify_enveloped(root, keys, allow_sha1=allow_sha1)",
        "return without_comments(root)",
        f"{SIGNATURE}::test_a21_a_tampered_message_is_refused_though_no_signature_is_due",
    ),
    Sabotage(
        "a signature that is due may be missing",
        "idp/saml/verify_request.py",
        "if service_provider.authn_requests_signed:",
        "if False:",
        f"{SIGNATURE}::test_a20_a_request_without_its_due_signature_is_refused",
    ),
    Sabotage(
        "whatever the verifier answers counts as yes",
        "idp/xml/octets.py",
        "_HASHES[hash_name]) is True for key in keys)",
        "_HASHES[hash_name]) is not False for key in keys)",
        f"{SIGNATURE}::test_c15_only_a_plain_yes_of_the_verifier_counts",
    ),
    Sabotage(
        "rsa-sha1 is accepted of everybody",
        "idp/xml/signature.py",
        "if uri == _RSA_SHA1 and allow_sha1:",
        "if uri == _RSA_SHA1:",
        f"{SIGNATURE}::test_a24_sha1_is_refused_unless_the_service_provider_was_opted_in",
    ),
    Sabotage(
        "the reference may be to another element than the root",
        "idp/xml/signature.py",
        """if not root_id or reference.get("URI") != f"#{root_id}":""",
        "if not root_id:",
        f"{WRAPPING}::test_a_signature_of_another_shape_is_refused_unread",
    ),
    Sabotage(
        "transforms are not read",
        "idp/xml/signature.py",
        "inclusive_prefixes=_read_transforms(transforms),",
        "inclusive_prefixes=(),",
        f"{WRAPPING}::test_a_transform_that_chooses_content_is_refused_before_it_runs",
    ),
    Sabotage(
        "an ID may appear twice",
        "idp/xml/verify.py",
        "            if value in seen:",
        "            if False:",
        f"{WRAPPING}::test_an_id_that_appears_twice_is_refused",
    ),
    Sabotage(
        "the element verified is not the element given back",
        "idp/xml/verify.py",
        "return _verified_element(copy, signature)",
        "return root",
        f"{WRAPPING}::test_a58_only_the_verified_bytes_are_given_back",
    ),
    Sabotage(
        "the request is read from the document, not from what was verified",
        "idp/saml/verify_request.py",
        "return _read(as_object(verified), unverified,",
        "return _read(as_object(root), unverified,",
        f"{WRAPPING}::test_a58_what_is_used_is_what_was_verified",
    ),
    Sabotage(
        "a request may be of any age",
        "idp/saml/conditions.py",
        "if abs(now - issued) > tolerance:",
        "if False:",
        f"{MESSAGE}::test_a_stale_request_is_refused",
    ),
    Sabotage(
        "a request may come from the future",
        "idp/saml/conditions.py",
        "if abs(now - issued) > tolerance:",
        "if now - issued > tolerance:",
        f"{MESSAGE}::test_a_stale_request_is_refused",
    ),
    Sabotage(
        "Destination is not compared",
        "idp/saml/conditions.py",
        "if destination is None or destination not in ours:",
        "if destination is None:",
        f"{MESSAGE}::test_the_destination_must_be_ours",
    ),
    Sabotage(
        "a signed request may leave its Destination out",
        "idp/saml/conditions.py",
        "if destination is None and not signed:",
        "if destination is None:",
        f"{MESSAGE}::test_a12_a_signed_message_without_destination_is_refused",
    ),
    Sabotage(
        "the answer goes where the request says",
        "idp/saml/verify_request.py",
        "assertion_consumer_service_url=endpoint.location,",
        "assertion_consumer_service_url=message.assertion_consumer_service_url or endpoint.location,",
        f"{ENDPOINT}::test_a_url_that_is_not_in_the_metadata_is_refused",
    ),
    Sabotage(
        "the URL to answer to is compared by its beginning",
        "idp/saml/consumer_service.py",
        "if endpoint.location == url])",
        "if url.startswith(endpoint.location)])",
        f"{ENDPOINT}::test_a_url_that_is_not_in_the_metadata_is_refused",
    ),
    Sabotage(
        "a document type is accepted",
        "idp/xml/parse.py",
        """if b"<!DOCTYPE" in data:""",
        "if False:",
        "tests/saml_in/test_limits.py::test_an_entity_bomb_is_refused_at_once",
    ),
    Sabotage(
        "a message is inflated without end",
        "idp/saml/decode.py",
        "inflater.decompress(deflated, LARGEST_XML_OCTETS + 1)",
        "inflater.decompress(deflated)",
        "tests/saml_in/test_wire.py::test_a_deflate_bomb_costs_little_and_is_refused",
    ),
    Sabotage(
        "the Response is not signed",
        "idp/saml/answer.py",
        "return checked(sign_enveloped(tree, self._signing_key, recipient.signature)), response_id",
        "return checked(write(tree)), response_id",
        f"{ANSWER}::test_i01_the_response_is_signed_and_its_assertion_encrypted",
    ),
    Sabotage(
        "the digest on the wire is not the one that was made",
        "idp/xml/sign.py",
        "_DIGEST_METHODS[choice.digest],",
        "_DIGEST_METHODS[Digest.SHA512],",
        "tests/saml_out/test_sign.py::test_the_digest_on_the_wire_is_the_one_chosen",
    ),
    Sabotage(
        "the signature is made by another method than chosen",
        "idp/saml/answer.py",
        "return checked(sign_enveloped(tree, self._signing_key, recipient.signature)), response_id",
        "return checked(sign_enveloped(tree, self._signing_key)), response_id",
        f"{ANSWER}::test_i02_the_signature_chosen_is_on_both_signatures",
    ),
    Sabotage(
        "without a key the assertion goes in clear",
        "idp/saml/answer.py",
        "if recipient.encryption is None and not recipient.allow_unencrypted:",
        "if False:",
        f"{ANSWER}::test_i11_without_a_key_there_is_no_assertion",
    ),
    Sabotage(
        "the initialization vector is always the same",
        "idp/xml/encrypt.py",
        "vector = secrets.token_bytes(12)",
        "vector = bytes(12)",
        f"{ENCRYPT}::test_i12_a_thousand_encryptions_have_a_thousand_keys_and_vectors",
    ),
    Sabotage(
        "CBC is used for whoever names it",
        "idp/saml/encryption_choice.py",
        "next(iter(authenticated or (known if allow_cbc else ())), None)",
        "next(iter(authenticated or known), None)",
        f"{ENCRYPT}::test_i10_cbc_is_used_only_when_opted_in",
    ),
    Sabotage(
        "the audience is the address, not the service provider",
        "idp/saml/assertion.py",
        "element(_AUDIENCE, None, bounds.audience)",
        "element(_AUDIENCE, None, bounds.assertion_consumer_service_url)",
        f"{ANSWER}::test_i04_every_field_is_as_the_profile_says",
    ),
    Sabotage(
        "the recipient is the service provider, not the address",
        "idp/saml/assertion.py",
        """"Recipient": bounds.assertion_consumer_service_url,""",
        """"Recipient": bounds.audience,""",
        f"{ANSWER}::test_i04_every_field_is_as_the_profile_says",
    ),
    Sabotage(
        "an assertion says nothing of the request it answers",
        "idp/saml/assertion.py",
        """        **_given("InResponseTo", bounds.in_response_to),\n""",
        "",
        f"{ANSWER}::test_i04_every_field_is_as_the_profile_says",
    ),
    Sabotage(
        "metadata may name an endpoint without TLS",
        "idp/federation/endpoints.py",
        """if parts.scheme != "https" and not loopback:""",
        """if parts.scheme not in {"http", "https"}:""",
        "tests/federation/test_reader.py::test_an_endpoint_that_is_not_plain_https_is_not_used",
    ),
)
