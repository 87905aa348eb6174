"""`warifu metadata` tells who is registered and why, and how the sources do; the refresher fetches by itself."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from idp.cli.main import main
from tests.cli.demos import await_that
from tests.cli.sites import append
from tests.federation.test_sources import OTHER, A, B, certificate, document
from tests.parts.certificates import Authority, make_authority
from tests.parts.metadata_server import MetadataServer, serve
from tests.parts.site import make_conf
from tests.parts.slapd import RunningSlapd

__all__ = ["certificate"]

PLAIN = 'plain = "127.0.0.1:8080"\nproxies = ["127.0.0.1/32"]'


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture
def server(authority: Authority) -> Iterator[MetadataServer]:
    with serve(authority.issue("metadata")) as running:
        yield running


@pytest.fixture
def conf(tmp_path: Path, slapd: RunningSlapd, server: MetadataServer, certificate: Path, authority: Authority) -> Path:
    conf = make_conf(tmp_path / "conf", slapd, listen_toml=PLAIN, methods=("password", "totp"))
    append(
        conf,
        f'[[metadata.sources]]\nname = "federation"\nurl = "{server.url}/m.xml"\nkeys = ["{certificate}"]\n'
        f'ca = "{authority.ca}"\nexcept_entity_ids = ["{B.entity_id}"]\n',
    )
    return conf


def later(**more: float) -> datetime:
    return datetime.now(UTC) + timedelta(**more)


def metadata(conf: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["metadata", *words, "--conf", str(conf)])


def test_a_refresh_fetches_and_says_how_the_sources_do(conf: Path, server: MetadataServer) -> None:
    before = metadata(conf, "show")
    server.give("/m.xml", document(A, B, until=later(days=7), issued=later()))
    done = metadata(conf, "refresh")
    after = metadata(conf, "show")

    assert before.exit_code == 1
    assert "nothing of it was fetched yet" in before.output
    assert (done.exit_code, after.exit_code) == (0, 0)
    assert "federation: fetched" in done.output
    assert "7.0 days to go" in after.output
    assert "1 service providers" in after.output
    assert metadata(conf, "list").output.split("\t")[0] == A.entity_id


def test_m03_a_source_that_soon_ends_is_not_well(conf: Path, server: MetadataServer) -> None:
    server.give("/m.xml", document(A, until=later(hours=71)))
    done = metadata(conf, "refresh")

    assert done.exit_code == 1
    assert "in less than 72 hours" in done.output


def test_m01_a_bad_document_is_told_and_the_good_one_stays(conf: Path, server: MetadataServer) -> None:
    server.give("/m.xml", document(A, until=later(days=7)))
    metadata(conf, "refresh")
    server.give("/m.xml", document(A, until=later(days=7), key=OTHER))
    done = metadata(conf, "refresh")

    assert done.exit_code == 1
    assert "no key of the metadata made this signature (the last good content is kept)" in done.output
    assert A.entity_id in metadata(conf, "list").output


def test_why_says_which_list_leaves_somebody_out(conf: Path, server: MetadataServer) -> None:
    server.give("/m.xml", document(A, B, until=later(days=7)))
    metadata(conf, "refresh")
    taken, left_out, unknown = (metadata(conf, "why", each) for each in (A.entity_id, B.entity_id, "urn:nobody"))

    assert taken.exit_code == 0
    assert "federation: it is there and is taken" in taken.output
    assert (left_out.exit_code, unknown.exit_code) == (1, 1)
    assert "federation: it is left out: except_entity_ids names it" in left_out.output
    assert "federation: it is not there" in unknown.output


def test_one_service_provider_is_shown(conf: Path, server: MetadataServer) -> None:
    server.give(
        "/m.xml", document(A, until=later(days=7), registration_authority="urn:ra", entity_categories=["urn:c"])
    )
    metadata(conf, "refresh")
    shown = metadata(conf, "show", A.entity_id)

    assert shown.exit_code == 0
    for fact in (A.entity_id, A.acs, "source: federation", "registered by: urn:ra", "entity category: urn:c"):
        assert fact in shown.output
    assert metadata(conf, "show", "urn:nobody").exit_code == 1


def test_a_document_is_judged_before_it_is_given_out(conf: Path, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.xml", tmp_path / "bad.xml"
    good.write_bytes(document(A, B, until=later(days=7)))
    bad.write_bytes(document(A, B, until=later(days=70)))

    assert (
        "good: 1 service providers are taken, valid until" in metadata(conf, "verify", "federation", str(good)).output
    )
    judged = metadata(conf, "verify", "federation", str(bad))
    assert judged.exit_code == 1
    assert "max_valid_days" in judged.output
    assert metadata(conf, "verify", "nobody", str(good)).exit_code == 1
    assert metadata(conf, "list").output == ""


def test_check_names_a_source_that_has_nothing_and_stops_nothing(conf: Path) -> None:
    done = CliRunner().invoke(main, ["check", "--conf", str(conf)])

    assert "warning: metadata.sources: federation: nothing of it was fetched yet" in done.output


def test_m01_a_signer_that_cannot_be_read_is_named_by_check(conf: Path, certificate: Path) -> None:
    certificate.write_bytes(b"no certificate")
    done = CliRunner().invoke(main, ["check", "--conf", str(conf)])

    assert done.exit_code == 1
    assert str(certificate) in done.output


@pytest.mark.slow
def test_f11_the_refresher_fetches_by_itself(conf: Path, server: MetadataServer) -> None:
    server.give("/m.xml", document(A, until=later(days=7)))
    process = subprocess.Popen([sys.executable, "-m", "idp.cli", "--conf", str(conf), "run-refresher"])
    try:
        await_that(lambda: A.entity_id in metadata(conf, "list").output)
    finally:
        process.terminate()
        assert process.wait(20) == 0
    measured = b"".join(path.read_bytes() for path in (conf / "state" / "metrics").iterdir())
    assert b"metadata_valid_seconds" in measured
    assert b"metadata_age_seconds" in measured
