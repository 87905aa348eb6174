"""A file laid into the metadata folder of a running site, seen from outside (docs: what a stranger can rely on)."""

import secrets
from datetime import UTC, datetime, timedelta

import pytest

from tests.clients.site import Site, wait_until
from tests.parts.service_provider import TestSP

pytestmark = pytest.mark.slow


def newcomer() -> TestSP:
    """Give a service provider that nobody has heard of."""
    return TestSP(f"newcomer-{secrets.token_hex(4)}")


def test_a_file_dropped_into_the_folder_is_registered_within_ten_seconds_and_gone_with_the_file(site: Site) -> None:
    sp = newcomer()
    file = site.file_of(sp)
    assert not site.knows(sp)

    file.write_bytes(sp.metadata())
    wait_until(lambda: site.knows(sp), "the new service provider is registered")
    assert site.first_page(sp).page == "password"

    file.unlink()
    wait_until(lambda: not site.knows(sp), "the service provider is gone")


def test_a_half_written_file_is_read_again_until_it_is_whole(site: Site) -> None:
    sp, witness = newcomer(), newcomer()
    file = site.file_of(sp)
    whole = sp.metadata()

    file.write_bytes(whole[: len(whole) // 2])
    site.drop(witness, witness.metadata())
    assert not site.knows(sp), "the folder has been read, and half a file is nothing"

    with file.open("ab") as stream:
        stream.write(whole[len(whole) // 2 :])
    wait_until(lambda: site.knows(sp), "the whole file is registered")


def test_a_file_that_breaks_keeps_its_service_provider(site: Site) -> None:
    sp, witness = newcomer(), newcomer()
    site.drop(sp, sp.metadata())

    site.file_of(sp).write_bytes(sp.metadata()[:-40])
    site.drop(witness, witness.metadata())

    assert site.knows(sp)


def test_a_file_whose_time_is_over_registers_nobody(site: Site) -> None:
    sp, witness = newcomer(), newcomer()
    yesterday = datetime.now(UTC) - timedelta(days=1)

    site.file_of(sp).write_bytes(sp.metadata(valid_until=yesterday))
    site.drop(witness, witness.metadata())

    assert not site.knows(sp)
