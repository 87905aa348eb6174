"""What administrators do to the directory: roles, secrets in bulk, new keys for old, the one writer."""

from tests.sabotage.row import Sabotage

CREDENTIALS = "tests/cli/test_credentials.py"
BULK = "tests/totp_admin/test_bulk.py"
REKEY = "tests/totp_admin/test_rekey.py"
ROWS_READ = "tests/totp_admin/test_rows.py"
ONE = "tests/totp_admin/test_one_person.py"
ROLES = "tests/directory/test_roles.py"
MIRROR = "tests/directory/test_mirror.py"

ROWS = (
    Sabotage(
        "a secret that somebody planted is an app",
        "plugins/totp/method.py",
        """if any("secret" in app.credential.unsealed for app in apps) and not self._settings.accept_unsealed:""",
        "if False:",
        "tests/totp/test_unsealed.py::test_a_planted_secret_is_no_app",
    ),
    Sabotage(
        "a secret sealed anew is put over one that was registered meanwhile",
        "idp/directory/keeper.py",
        """            changes.append(("delete", attribute, (holding.stored[name],)))
            changes.append(("add", attribute, """,
        """            changes.append(("replace", attribute, """,
        f"{REKEY}::test_what_changes_meanwhile_keeps_its_change",
        also=(
            """changes: list[Change] = [] if before is None else [("delete", kind.fields[_ID], (before,))]
        changes.append(("add", kind.fields[_ID], (identity,)))""",
            """changes: list[Change] = [("replace", kind.fields[_ID], (identity,))]""",
        ),
    ),
    Sabotage(
        "what another product left without an id cannot be sealed",
        "idp/directory/keeper.py",
        "identity = before if before is not None else new_id().encode()",
        """identity = before or b\"\"""",
        f"{REKEY}::test_what_another_product_left_without_an_id_is_sealed_in_place",
    ),
    Sabotage(
        "a moving registration opens for whoever it is given to",
        "idp/directory/keeper.py",
        """if opened.facts.get("username") != username:""",
        "if False:",
        f"{BULK}::test_a_moving_registration_given_to_somebody_else_does_not_open",
    ),
    Sabotage(
        "an entry sealed anew opens in its place no more",
        "idp/directory/keeper.py",
        "sealed = self._seals.seal(holding.subject, kind, name, secret, facts, holding.name)",
        "sealed = self._seals.seal(holding.subject, kind, name, secret, facts)",
        f"{CREDENTIALS}::test_x04_the_secrets_of_all_methods_are_sealed_with_the_new_key",
    ),
    Sabotage(
        "what stood on an entry that is gone keeps its place",
        "idp/cli/credential_moves.py",
        "        tools.credentials.delete(subject, stale, kind)\n",
        "        del stale\n",
        f"{CREDENTIALS}::test_what_is_registered_is_bound_to_new_entries_of_the_same_people",
    ),
    Sabotage(
        "taking a person's apps away leaves the further ones",
        "plugins/totp/commands.py",
        "removed = [credentials.remove(subject, kind) for kind in KINDS]",
        "removed = [credentials.remove(subject, TOTP)]",
        "tests/totp_admin/test_several.py::test_all_are_taken_away",
    ),
    Sabotage(
        "a key that is still needed is said to be free",
        "idp/plugin/rekey.py",
        """remark = "still needed" if count else "may be taken out of keys.seal\"""",
        """remark = "may be taken out of keys.seal\"""",
        f"{REKEY}::test_a_dry_run_only_counts",
    ),
    Sabotage(
        "an import sets the last step of who has the same key back",
        "plugins/totp/imports.py",
        """if old is not None and old.secrets.get("secret") == wanted.secret:""",
        "if False:",
        f"{BULK}::test_an_import_again_never_sets_a_last_step_back",
    ),
    Sabotage(
        "a dry run writes",
        "plugins/totp/imports.py",
        "if not self.dry_run:",
        "if True:",
        f"{BULK}::test_a_dry_run_changes_nothing",
    ),
    Sabotage(
        "an app that makes other codes is imported",
        "plugins/totp/rows.py",
        "            if value != ours:",
        "            if False:",
        f"{ROWS_READ}::test_an_app_of_another_kind_is_refused_and_not_found_out_at_login",
    ),
    Sabotage(
        "a key in a wrong column is repeated and written down",
        "plugins/totp/rows.py",
        """return "(like a key)" if _LIKE_A_KEY.fullmatch(self.username) else self.username""",
        "return self.username",
        f"{ROWS_READ}::test_a_key_in_a_wrong_place_is_not_repeated_and_not_written_down",
    ),
    Sabotage(
        "a file of keys is for everybody",
        "idp/plugin/private_files.py",
        "os.O_NOFOLLOW, 0o600)",
        "os.O_NOFOLLOW, 0o644)",
        f"{BULK}::test_a_file_made_for_keys_is_for_its_owner_whatever_the_mask",
    ),
    Sabotage(
        "keys are given away before that is written down",
        "plugins/totp/bulk.py",
        """administration.record(AdminAct("totp export", AdminResult.DISCLOSED, holding.subject, reason=how))""",
        "pass",
        f"{ONE}::test_each_act_is_written_down",
    ),
    Sabotage(
        "stored passwords go to a server that the configuration does not name",
        "idp/cli/directory.py",
        "if url is not None and url not in (*settings.uris, settings.writer):",
        "if False:",
        f"{ROLES}::test_stored_passwords_go_nowhere_else",
    ),
    Sabotage(
        "a person who reads secrets is passed over",
        "idp/cli/directory_rights.py",
        """        "a person": nothing,\n""",
        """        "a person": {},\n""",
        f"{ROLES}::test_a_rule_that_gives_too_much_or_too_little_is_named[X-05-a-person-reads]",
    ),
    Sabotage(
        "of two servers that are written none has to be named",
        "idp/cli/directory_rights.py",
        "if len(written) < 2:",
        "if True:",
        f"{MIRROR}::test_f22_two_servers_that_are_written_want_one_of_them_named",
    ),
    Sabotage(
        "a new writer takes codes that the one before accepted",
        "plugins/totp/method.py",
        "return step_at(since) + self._settings.window if since is not None else 0",
        "return 0",
        f"{MIRROR}::test_killed_in_the_middle_of_a_login_codes_are_refused_until_the_writer_is_moved",
    ),
    Sabotage(
        "a lock of the directory's that comes before ours is not told of",
        "idp/cli/directory_lock.py",
        "    if lock.failures > reach:",
        "    if True:",
        "tests/cli/test_directory_lock.py::test_a_lock_that_comes_too_early_is_named",
    ),
)
