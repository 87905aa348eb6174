"""One running site for all clients of a test process."""

from collections.abc import Iterator

import pytest

from tests.clients.site import Site, running_site


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The site, with the refresher at work."""
    with running_site(tmp_path_factory.mktemp("clients")) as site:
        yield site
