"""Sources of metadata: what each is believed, what is taken of it, which comes first."""

import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pydantic import ValidationError

from idp.core.errors import ConfigError
from idp.federation.health import look_at_sources
from idp.settings.metadata_source import MetadataSource
from idp.settings.model import Metadata
from tests.federation.conftest import Desk
from tests.parts.aggregate import entity_id, sign, write_aggregate
from tests.parts.service_provider import TestSP, certificate_for, entities_descriptor, rsa_key

KEY, OTHER = rsa_key("federation"), rsa_key("another")
A, B = TestSP("a", key=TestSP().key), TestSP("b", key=TestSP().key)


def public_pem(key: RSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def document(*sps: TestSP, until: datetime | None, issued: datetime | None = None, key=KEY, **options) -> bytes:
    """Write a federation's document, signed where there is a key."""
    members = [sp.metadata(declaration=False, **options) for sp in sps]
    if issued is not None:
        publication = f'creationInstant="{issued:%Y-%m-%dT%H:%M:%SZ}" publisher="https://federation.example.org"'
        members.insert(0, f"<md:Extensions><mdrpi:PublicationInfo {publication}/></md:Extensions>".encode())
    valid_until = f"{until:%Y-%m-%dT%H:%M:%SZ}" if until else None
    xml = entities_descriptor(*members, valid_until=valid_until)
    return sign(xml, key) if key else xml


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    path = tmp_path / "federation.crt"
    path.write_bytes(certificate_for(KEY, "federation", expired=True).public_bytes(Encoding.PEM))
    return path


def with_sources(desk: Desk, *sources: MetadataSource) -> None:
    desk.settings = desk.settings.model_copy(update={"sources": sources})


@pytest.fixture
def file(desk: Desk, tmp_path: Path, certificate: Path) -> Path:
    """One signed file that is a source."""
    path = tmp_path / "federation.xml"
    with_sources(desk, MetadataSource(name="federation", file=path, keys=(certificate,)))
    return path


def soon(desk: Desk, **more: float) -> datetime:
    return desk.now + timedelta(**more or {"days": 7})


def test_iip_md03_a_signed_file_is_a_source_whatever_its_certificate_says(desk: Desk, file: Path):
    file.write_bytes(document(A, B, until=soon(desk), registration_authority="urn:ra"))
    report = desk.refresh()
    assert (report.changed, report.entities, report.problems) == (True, 2, ())
    provider = desk.federation().find(A.entity_id)
    assert provider is not None
    assert (provider.source, provider.registration_authority) == ("federation", "urn:ra")
    assert provider.valid_until == report.states[0].valid_until
    assert not desk.refresh().changed


@pytest.mark.parametrize("form", ["unsigned", "another key", "changed", "html", "half", "empty"])
def test_m01_a_bad_document_never_replaces_a_good_one(desk: Desk, file: Path, form: str):
    file.write_bytes(document(A, until=soon(desk)))
    desk.refresh()
    good = document(A, B, until=soon(desk))
    file.write_bytes(
        {
            "unsigned": document(A, B, until=soon(desk), key=None),
            "another key": document(A, B, until=soon(desk), key=OTHER),
            "changed": good.replace(b"b.example.org/Shib", b"b.example.com/Shib"),
            "html": b"<html>Please log in</html>",
            "half": good[: len(good) // 2],
            "empty": b"",
        }[form]
    )
    for _ in range(2):
        report = desk.refresh()
        assert [(each.source, each.kept) for each in report.problems] == [("federation", True)]
        assert desk.federation().find(A.entity_id) is not None
        assert desk.federation().find(B.entity_id) is None
    file.write_bytes(good)
    assert desk.refresh().problems == ()
    assert desk.federation().find(B.entity_id) is not None


def test_iip_md03_a_key_is_trusted_for_its_source_alone(desk: Desk, tmp_path: Path, file: Path):
    pem = tmp_path / "other.pem"
    pem.write_bytes(public_pem(OTHER))
    second = tmp_path / "second.xml"
    with_sources(desk, *desk.settings.sources, MetadataSource(name="second", file=second, keys=(pem,)))
    file.write_bytes(document(A, until=soon(desk), key=OTHER))
    second.write_bytes(document(B, until=soon(desk), key=OTHER))
    assert [each.source for each in desk.refresh().problems] == ["federation"]
    assert desk.federation().find(A.entity_id) is None
    assert desk.federation().find(B.entity_id) is not None


def test_a_key_that_is_no_longer_trusted_takes_its_entities_along(desk: Desk, tmp_path: Path, file: Path):
    new = tmp_path / "new.pem"
    new.write_bytes(public_pem(OTHER))
    file.write_bytes(document(A, until=soon(desk)))
    source = desk.settings.sources[0]
    desk.refresh()
    with_sources(desk, source.model_copy(update={"keys": (*source.keys, new)}))
    assert desk.refresh().problems == ()
    with_sources(desk, source.model_copy(update={"keys": (new,)}))
    report = desk.refresh()
    assert not report.problems[0].kept
    assert desk.federation().find(A.entity_id) is None


@pytest.mark.parametrize(
    ("until", "why"),
    [
        (None, "no validUntil"),
        (timedelta(seconds=-1), "it was valid until"),
        (timedelta(days=15, minutes=1), "max_valid_days"),
    ],
)
def test_m02_what_lasts_for_ever_too_long_or_not_at_all_is_refused(desk: Desk, file: Path, until, why: str):
    file.write_bytes(document(A, until=None if until is None else desk.now + until))
    assert why in desk.refresh().problems[0].what
    assert desk.federation().find(A.entity_id) is None


def test_m03_f12_what_expires_is_not_served_and_is_told_before(desk: Desk, file: Path):
    file.write_bytes(document(A, until=soon(desk, hours=80)))
    report = desk.refresh()
    (health,) = look_at_sources(desk.settings, report)
    federation = desk.federation()
    start = desk.now
    assert health.ending(start) == ""
    assert "72 hours" in health.ending(start + timedelta(hours=9))
    assert health.ending(start + timedelta(hours=9)) == health.ending(start + timedelta(hours=40))
    assert "24 hours" in health.ending(start + timedelta(hours=57))
    desk.now = start + timedelta(hours=79, minutes=59)
    assert federation.find(A.entity_id) is not None
    desk.now = start + timedelta(hours=80)
    assert federation.find(A.entity_id) is None
    assert "has ended" in health.ending(desk.now)
    file.touch()
    desk.refresh()
    assert federation.find(A.entity_id) is None


@pytest.mark.parametrize("issued", [True, False])
def test_m05_f12_an_older_document_is_refused(desk: Desk, file: Path, issued: bool):
    def at(hours: int, *sps: TestSP) -> bytes:
        moment = desk.now + timedelta(hours=hours)
        until = desk.now + timedelta(days=7) if issued else desk.now + timedelta(days=7, hours=hours)
        return document(*sps, until=until, issued=moment if issued else None)

    file.write_bytes(at(2, A))
    desk.refresh()
    file.write_bytes(at(1, A, B))
    report = desk.refresh()
    assert report.problems[0].kept
    assert "the one that is used" in report.problems[0].what
    assert desk.federation().find(B.entity_id) is None
    file.write_bytes(at(3, A, B))
    assert desk.refresh().problems == ()
    assert desk.federation().find(B.entity_id) is not None


def test_m07_the_folder_comes_first_then_the_sources_in_their_order(desk: Desk, tmp_path: Path, certificate: Path):
    paths = [tmp_path / "zz.xml", tmp_path / "aa.xml"]
    names = ("zz", "aa")
    with_sources(
        desk,
        *(MetadataSource(name=name, file=path, keys=(certificate,)) for name, path in zip(names, paths, strict=True)),
    )
    for path, name in zip(paths, names, strict=True):
        path.write_bytes(document(A, until=soon(desk), display_names={"en": name}))
    federation = desk.federation()

    def used() -> str:
        federation._looked_at = 0.0
        provider = federation.find(A.entity_id)
        assert provider is not None
        assert list(federation.entities()) == [provider]
        return provider.display_name("en")

    report = desk.refresh()
    assert [each.sources for each in report.conflicts] == [names]
    assert used() == "zz"
    desk.drop("zzz.xml", A.metadata(display_names={"en": "dropped"}))
    report = desk.refresh()
    assert [each.sources for each in report.conflicts] == [("zzz.xml", *names)]
    assert "zzz.xml is used" in str(report.conflicts[0])
    assert desk.refresh().conflicts == report.conflicts
    assert used() == "dropped"
    (desk.folder / "zzz.xml").unlink()
    with_sources(desk, *reversed(desk.settings.sources))
    assert desk.refresh().conflicts[0].sources == tuple(reversed(names))
    assert used() == "aa"
    with_sources(desk)
    assert desk.refresh().entities == 0


@pytest.mark.parametrize(
    ("lists", "taken"),
    [
        ({"entity_ids": (B.entity_id,)}, [B]),
        ({"except_entity_ids": (B.entity_id,)}, [A]),
        ({"entity_categories": ("urn:c", "urn:other")}, [A]),
        ({"registration_authorities": ("urn:ra",)}, [A]),
        ({"registration_authorities": ("urn:group",)}, [B]),
        ({"entity_categories": ("urn:c",), "registration_authorities": ("urn:group",)}, []),
    ],
)
def test_what_is_taken_fits_every_list(desk: Desk, file: Path, lists, taken):
    group = b'<md:Extensions><mdrpi:RegistrationInfo registrationAuthority="urn:group"/></md:Extensions>'
    members = [
        A.metadata(declaration=False, entity_categories=["urn:c"], registration_authority="urn:ra"),
        entities_descriptor(group, entities_descriptor(B.metadata(declaration=False))),
    ]
    file.write_bytes(sign(entities_descriptor(*members, valid_until=f"{soon(desk):%Y-%m-%dT%H:%M:%SZ}"), KEY))
    desk.refresh()
    with_sources(desk, desk.settings.sources[0].model_copy(update=lists))
    report = desk.refresh()
    assert report.changed
    assert [each.entity_id for each in desk.federation().entities()] == [sp.entity_id for sp in taken]


def test_a_folder_may_be_a_source_and_without_keys_it_is_trusted_by_its_place(desk: Desk, tmp_path: Path, certificate):
    signed, plain = tmp_path / "signed", tmp_path / "plain"
    for folder in (signed, plain):
        folder.mkdir()
    with_sources(
        desk,
        MetadataSource(name="signed", folder=signed, keys=(certificate,)),
        MetadataSource(name="plain", folder=plain),
    )
    (signed / "a.xml").write_bytes(sign(A.metadata(valid_until=soon(desk)), KEY))
    (signed / "b.xml").write_bytes(B.metadata())
    (plain / "b.xml").write_bytes(B.metadata())
    report = desk.refresh()
    assert [each.source for each in report.problems] == ["signed/b.xml"]
    found = {each.entity_id: each.source for each in desk.federation().entities()}
    assert found == {A.entity_id: "signed/a.xml", B.entity_id: "plain/b.xml"}
    plain.rename(tmp_path / "away")
    assert desk.refresh().entities == 2
    (signed / "a.xml").unlink()
    assert desk.refresh().entities == 1


@pytest.mark.parametrize(
    "table",
    [
        {},
        {"file": "a.xml", "folder": "b"},
        {"url": "https://m.example.org/"},
        {"url": "file:///etc/passwd", "keys": ("k",)},
        {"url": "https://me:secret@m.example.org/", "keys": ("k",)},
        {"file": "a.xml", "max_valid_days": 0},
        {"file": "a.xml", "name": "A.xml"},
    ],
)
def test_m01_a_source_that_could_not_be_trusted_is_refused_at_the_start(table):
    with pytest.raises(ValidationError):
        MetadataSource(**{"name": "a", **table})


def test_two_sources_of_one_name_are_refused(tmp_path: Path):
    source = MetadataSource(name="a", file=tmp_path / "a.xml")
    with pytest.raises(ValidationError):
        Metadata(folder=tmp_path, index=tmp_path / "i", sources=(source, source))


@pytest.mark.parametrize("content", [None, b"", b"not a key", public_pem(rsa_key("weak", 1024))])
def test_m01_a_key_that_cannot_be_read_stops_the_start(desk: Desk, file: Path, certificate: Path, content):
    certificate.unlink()
    if content is not None:
        certificate.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        desk.refresh()
    assert "federation.crt" in caught.value.detail


def test_m04_look_ups_during_refreshes_miss_nobody_and_mix_nothing(desk: Desk, file: Path):
    hammer(desk, file, 25)


@pytest.mark.deep
def test_m04_a_thousand_refreshes_under_look_ups(desk: Desk, file: Path):
    hammer(desk, file, 1000)


def hammer(desk: Desk, file: Path, refreshes: int) -> None:
    """Look the first and the last entity up while documents follow one another, each with its number in every name."""
    start = datetime.now(UTC)
    federation = desk.federation()
    desk.now = start
    write_aggregate(file, 20, KEY, now=start, mark="0000")
    desk.refresh()
    stop, wrong, looked = threading.Event(), [], [0]

    def number_of(which: int) -> int:
        federation._looked_at = 0.0
        provider = federation.find(entity_id(which))
        return -1 if provider is None else int(provider.display_name("en").split()[-1])

    def look() -> None:
        while not stop.is_set():
            first, last, again = number_of(0), number_of(19), number_of(0)
            looked[0] += 1
            if not 0 <= first <= last <= again:
                wrong.append((first, last, again))

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for number in range(1, refreshes + 1):
            beside = write_aggregate(file.with_name("next"), 20, KEY, now=start, mark=f"{number:04}")
            beside.replace(file)
            assert desk.refresh().changed
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert wrong == []
    assert looked[0] > refreshes
    assert number_of(19) == refreshes


@pytest.mark.alone
def test_ten_thousand_entities_are_ready_soon_and_looked_up_quickly(desk: Desk, file: Path):
    measure(desk, file, 10_000, seconds=5.0)


@pytest.mark.deep
def test_a_hundred_thousand_entities_are_looked_up_as_quickly(desk: Desk, file: Path):
    measure(desk, file, 100_000, seconds=60.0)


def measure(desk: Desk, file: Path, count: int, seconds: float) -> None:
    """Read an aggregate in a process of its own, and look a thousand of its entities up."""
    write_aggregate(file, count, KEY, now=datetime.now(UTC))
    settings = desk.settings.model_dump_json()
    told = subprocess.run([sys.executable, "-c", MEASURE, settings], capture_output=True, text=True, check=True).stdout
    entities, used, megabytes = told.split()
    assert int(entities) == count
    assert float(used) < seconds
    assert float(megabytes) < 400
    desk.now = datetime.now(UTC)
    federation = desk.federation()
    wanted = [entity_id(number * count // 1000) for number in range(1000)]
    start = time.process_time()
    assert all(federation.find(each) is not None for each in wanted)
    assert (time.process_time() - start) / 1000 < 0.0003


MEASURE = """
import resource, sys, time
from datetime import UTC, datetime
from idp.federation.refresh import refresh
from idp.settings.model import Metadata
start = time.process_time()
report = refresh(Metadata.model_validate_json(sys.argv[1]), datetime.now(UTC))
used = time.process_time() - start
print(report.entities, used, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""
