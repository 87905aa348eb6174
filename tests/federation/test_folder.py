"""Files dropped into the folder."""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from idp.federation.index import Federation
from idp.federation.refresh import refresh
from idp.settings.model import Metadata
from tests.federation.conftest import Desk
from tests.parts.service_provider import Acs, TestSP, entities_descriptor

A, B = TestSP("a", key=TestSP().key), TestSP("b", key=TestSP().key)


def test_a_dropped_file_is_registered_and_a_removed_one_is_not(desk: Desk):
    federation = desk.federation()
    assert federation.find(A.entity_id) is None
    path = desk.drop("a.xml", A.metadata())
    report = desk.refresh()
    assert (report.changed, report.sources, report.entities) == (True, 1, 1)
    assert desk.federation().find(A.entity_id) is not None
    path.unlink()
    assert desk.refresh().changed
    assert desk.federation().find(A.entity_id) is None


def test_the_provider_in_the_index_is_the_one_that_was_read(desk: Desk):
    from idp.federation.metadata_reader import read_entities

    data = A.metadata(
        authn_requests_signed=True,
        name_id_formats=["urn:a"],
        encryption_methods=["urn:m"],
        entity_categories=["urn:c"],
        subject_id_requirement="any",
        requested_attributes=[("urn:r", True)],
        signing_methods=["urn:s"],
        digest_methods=["urn:d"],
        display_names={"ja": "例"},
        information_urls={"ja": "https://a.example.org/"},
        privacy_urls={"ja": "https://a.example.org/p"},
        registration_authority="urn:ra",
        valid_until="2099-01-01T00:00:00Z",
    )
    desk.drop("a.xml", data)
    desk.refresh()
    assert desk.federation().find(A.entity_id) == read_entities(data, source="a.xml")[0]


def test_without_a_change_nothing_is_read_or_written(desk: Desk, monkeypatch):
    desk.drop("a.xml", A.metadata())
    desk.drop("broken.xml", b"<")
    first = desk.refresh()
    written = desk.settings.index.stat()
    again = desk.refresh()
    assert again == replace(first, changed=False)
    assert desk.settings.index.stat() == written
    (desk.folder / "broken.xml").unlink()
    monkeypatch.setattr("idp.federation.refresh.read_octets", lambda file: pytest.fail("was read"))
    assert not desk.refresh().changed


def test_a_change_in_the_same_tick_and_of_the_same_size_is_seen(desk: Desk):
    path = desk.drop("a.xml", A.metadata())
    desk.now = datetime.now(UTC)
    desk.refresh()
    before = path.stat()
    with path.open("r+b") as stream:
        stream.write(A.metadata().replace(b"a.example.org/Shibboleth", b"a.example.org/shibbOLETH"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert desk.refresh().changed
    provider = desk.federation().find(A.entity_id)
    assert provider is not None
    assert "shibbOLETH" in provider.assertion_consumer_services[0].location


def test_a_half_written_file_is_retried_until_it_is_whole(desk: Desk):
    whole = A.metadata()
    desk.drop("b.xml", B.metadata())
    for length in (0, 10, len(whole) // 2, len(whole) - 1):
        path = desk.drop("a.xml", whole[:length])
        report = desk.refresh()
        assert [problem.source for problem in report.problems] == ["a.xml"]
        assert not report.problems[0].kept
        assert desk.federation().find(A.entity_id) is None
        assert desk.federation().find(B.entity_id) is not None
    path.write_bytes(whole)
    assert desk.refresh().problems == ()
    assert desk.federation().find(A.entity_id) is not None


def test_m04_a_broken_file_keeps_its_last_good_content_even_over_a_restart(desk: Desk):
    desk.drop("a.xml", A.metadata())
    desk.refresh()
    desk.drop("a.xml", A.metadata()[:-40])
    desk.drop("b.xml", B.metadata())
    for _ in range(2):
        report = desk.refresh()
        assert report.problems[0].source == "a.xml"
        assert report.problems[0].kept
        assert "line" in report.problems[0].what
        assert desk.federation().find(A.entity_id) is not None
    desk.drop("a.xml", A.metadata(display_names={"en": "New"}))
    assert desk.refresh().problems == ()
    provider = desk.federation().find(A.entity_id)
    assert provider is not None
    assert provider.display_name("en") == "New"


def test_m07_an_entity_in_two_files_is_that_of_the_first_name_and_is_told(desk: Desk):
    desk.drop("20.xml", A.metadata(display_names={"en": "twenty"}))
    desk.drop("10.xml", entities_descriptor(A.metadata(display_names={"en": "ten"}, declaration=False)))
    report = desk.refresh()
    assert [(item.entity_id, item.sources) for item in report.conflicts] == [(A.entity_id, ("10.xml", "20.xml"))]
    assert "10.xml is used" in str(report.conflicts[0])
    assert report.entities == 1
    assert [item.display_name("en") for item in desk.federation().entities()] == ["ten"]
    provider = desk.federation().find(A.entity_id)
    assert provider is not None
    assert provider.display_name("en") == "ten"
    (desk.folder / "10.xml").unlink()
    assert desk.refresh().conflicts == ()
    provider = desk.federation().find(A.entity_id)
    assert provider is not None
    assert provider.display_name("en") == "twenty"


def test_refusals_are_told_as_long_as_they_are_there(desk: Desk):
    desk.drop("a.xml", A.metadata(acs=[Acs("http://a.example.org/"), Acs(A.acs, 1)]))
    for _ in range(2):
        assert "a.xml" in desk.refresh().refusals[0]


def test_only_visible_xml_files_are_read(desk: Desk):
    for name in (".a.xml", "a.xml.swp", "a.xml~", "README"):
        desk.drop(name, A.metadata())
    (desk.folder / "folder.xml").mkdir()
    (desk.folder / "gone.xml").symlink_to(desk.folder / "nowhere")
    assert desk.refresh().sources == 0


def test_a_folder_that_cannot_be_read_changes_nothing(desk: Desk):
    desk.drop("a.xml", A.metadata())
    desk.refresh()
    desk.folder.rename(desk.folder.with_name("away"))
    report = desk.refresh()
    assert report.problems[0].kept
    assert report.entities == 1
    assert desk.federation().find(A.entity_id) is not None


def test_a_lone_file_of_nobody_is_told(desk: Desk, tmp_path):
    nothing = Metadata(folder=tmp_path / "nowhere", index=tmp_path / "i.sqlite")
    report = refresh(nothing, desk.now)
    assert not report.problems[0].kept
    assert Federation(nothing.index, lambda: desk.now).find(A.entity_id) is None


def test_m06_when_loopback_http_is_forbidden_again_what_was_read_is_read_anew(desk: Desk):
    desk.drop("a.xml", A.metadata(acs=[Acs("http://127.0.0.1:8080/acs")]))
    desk.settings = desk.settings.model_copy(update={"allow_loopback_http": True})
    desk.refresh()
    assert desk.federation().find(A.entity_id) is not None
    desk.settings = desk.settings.model_copy(update={"allow_loopback_http": False})
    assert desk.refresh().changed
    assert desk.federation().find(A.entity_id) is None


def test_an_index_that_is_no_database_is_built_anew(desk: Desk):
    desk.drop("a.xml", A.metadata())
    desk.refresh()
    desk.settings.index.write_bytes(b"not a database")
    assert desk.refresh().changed
    assert desk.federation().find(A.entity_id) is not None


def test_a_refresher_killed_while_it_wrote_is_in_nobodys_way(desk: Desk):
    desk.drop("a.xml", A.metadata())
    desk.settings.index.parent.mkdir()
    desk.settings.index.with_name(desk.settings.index.name + ".new").write_bytes(b"half")
    assert desk.refresh().entities == 1


def test_md03_valid_until_is_checked_at_use(desk: Desk):
    desk.drop("a.xml", A.metadata(valid_until=desk.now + timedelta(minutes=1)))
    desk.drop("b.xml", entities_descriptor(B.metadata(declaration=False), valid_until="2001-01-01T00:00:00Z"))
    desk.refresh()
    federation = desk.federation()
    assert federation.find(A.entity_id) is not None
    assert federation.find(B.entity_id) is None
    desk.now += timedelta(minutes=1)
    assert federation.find(A.entity_id) is None
    assert list(federation.entities()) == []
