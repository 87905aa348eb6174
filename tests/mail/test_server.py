"""Whom our mail is given to: the server whose certificate is verified, and nobody who stands between."""

import pytest

from idp.core.errors import Problem
from tests.mail.conftest import LOGIN, OpenPost
from tests.parts.certificates import Authority, make_authority
from tests.parts.smtp import USERNAME, PostOffice


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("tls"))


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")  # aiosmtpd knows STARTTLS alone
@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_mail_goes_in_tls_with_a_login(open_post: OpenPost, authority: Authority, tls: str) -> None:
    leaf = authority.issue(tls)
    with PostOffice(leaf, tls_from_start=tls == "tls", wants_login=True) as office:
        post = open_post(office, tls=tls, ca=authority.ca, **LOGIN)
        assert post.outbox.check() == []
        post.post()

        post.deliver()

    (received,) = office.received
    assert (received.was_encrypted, received.login) == (True, USERNAME)


@pytest.mark.parametrize("tls", ["starttls", "tls"])
@pytest.mark.parametrize("fault", ["another-authority", "another-name"])
def test_a_server_that_is_not_the_one_named_gets_nothing(
    open_post: OpenPost, authority: Authority, tls: str, fault: str
) -> None:
    stranger = make_authority(authority.folder / "stranger")
    leaf = stranger.issue(fault) if fault == "another-authority" else authority.issue(fault, ("mail.evil.example",))
    with PostOffice(leaf, tls_from_start=tls == "tls") as office:
        post = open_post(office, tls=tls, ca=authority.ca, **LOGIN)
        post.post()

        post.deliver()

    assert (office.received, post.waiting) == ([], 1)
    assert "ertificate" in str(post.logged("mail_server_away")[0]["detail"])


@pytest.mark.parametrize("login", [{}, LOGIN], ids=["no-login", "login"])
def test_a_server_without_starttls_gets_neither_letter_nor_password(
    open_post: OpenPost, authority: Authority, login: dict[str, str]
) -> None:
    with PostOffice() as office:
        post = open_post(office, tls="starttls", ca=authority.ca, **login)
        post.post()

        post.deliver()

    assert (office.received, office.tried, post.waiting) == ([], 0, 1)


def test_a_wrong_password_is_named_and_not_shown(open_post: OpenPost, authority: Authority) -> None:
    with PostOffice(authority.issue("wrong"), wants_login=True) as office:
        post = open_post(office, tls="starttls", ca=authority.ca, **{**LOGIN, "username": "somebody"})

        (problem,) = post.outbox.check()
        post.post()
        post.deliver()

    assert isinstance(problem, Problem)
    assert "mail.server" in str(problem)
    assert "mail password of the tests" not in str(problem) + post.log_file.read_text()
    assert post.waiting == 1


def test_a_server_that_is_not_there_is_named(open_post: OpenPost) -> None:
    (problem,) = open_post(PostOffice()).outbox.check()

    assert problem.key == "mail.server"
