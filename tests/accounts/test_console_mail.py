"""The console's test mail: for the platform alone, within limits, and in plain words when a real server refuses it."""

import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Event
from typing import Any
from urllib.parse import quote

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword
from django.conf import settings as django_settings
from django.test import Client as HttpClient

from accounts.models import LoginEvent, MailCode
from tests.directory.certificates import Authority
from tests.factories import make_administrator, make_tenant, make_user
from tests.mailboxes import SENDER, Post, part, receiving, use
from tests.peers import listening
from tests.servers import free_port

pytestmark = [pytest.mark.django_db, pytest.mark.once]

PAGE = "/admin/mail/"
ADDRESS = "root@acme.example"
PASSWORD = "pass word of the mail server"


@pytest.fixture(scope="module")
def server() -> Iterator[Post]:
    with receiving() as server:
        yield server


@pytest.fixture
def post(server: Post, settings: Any) -> Post:
    """The mail server, empty and willing."""
    server.mails.clear()
    server.refusal = server.sender_refusal = server.mail_refusal = ""
    use(settings, server.port)
    return server


@pytest.fixture
def root() -> HttpClient:
    browser = HttpClient(headers={"accept-language": "en"})
    browser.force_login(make_user(make_tenant(), "root", email=ADDRESS, is_staff=True, is_superuser=True))
    return browser


def send(browser: HttpClient, address: str = ADDRESS) -> str:
    """The page after a test mail was asked for."""
    answer = browser.post(PAGE, {"address": address})
    assert answer.status_code == 200
    page = answer.content.decode()
    assert PASSWORD not in page
    assert quote(PASSWORD) not in page
    return page


def told() -> list[tuple[str, str, str, str]]:
    return list(LoginEvent.objects.order_by("id").values_list("kind", "outcome", "reason", "account"))


@pytest.mark.parametrize(("language", "subject"), [("en", "A test mail of Hufu"), ("zh-hans", None)])
def test_a_test_mail_goes_to_ones_own_address_or_another(
    root: HttpClient, post: Post, settings: Any, language: str, subject: str | None
) -> None:
    settings.EMAIL_HOST_USER = ""
    root.cookies[django_settings.LANGUAGE_COOKIE_NAME] = language
    page = root.get(PAGE).content.decode()
    assert f'value="{ADDRESS}"' in page
    assert f"127.0.0.1:{post.port}" in page
    assert not post.mails
    send(root)
    send(root, "li@acme.example")
    assert [recipients for recipients, _mail in post.mails] == [[ADDRESS], ["li@acme.example"]]
    assert (post.last()["From"], post.last()["Auto-Submitted"]) == (SENDER, "auto-generated")
    assert subject is None or post.last()["Subject"] == subject
    assert "root" in part(post.last(), "plain")
    assert told() == [("mail_sent", "allowed", "", address) for address in (ADDRESS, "li@acme.example")]


def test_only_the_platform_tries_the_mail_server_out(post: Post) -> None:
    tenant = make_tenant()
    boss = HttpClient()
    boss.force_login(make_administrator(tenant))
    assert [boss.get(PAGE).status_code, boss.post(PAGE, {"address": ADDRESS}).status_code] == [403, 403]
    assert PAGE not in boss.get("/admin/").content.decode()
    strict = HttpClient(enforce_csrf_checks=True)
    strict.force_login(make_user(tenant, "root", is_staff=True, is_superuser=True))
    assert PAGE in strict.get("/admin/").content.decode()
    assert strict.post(PAGE, {"address": ADDRESS}).status_code == 403
    assert HttpClient().post(PAGE, {"address": ADDRESS}).status_code == 302
    assert not post.mails


@pytest.mark.parametrize("address", ["", "nobody", "a@b.example, c@d.example", "a@b.example\nBcc: c@d.example"])
def test_what_is_no_address_gets_no_mail(root: HttpClient, post: Post, address: str) -> None:
    page = send(root, address)
    assert 'class="errors' in page
    assert not post.mails
    assert not MailCode.objects.exists()


def test_it_is_no_cannon(root: HttpClient, post: Post) -> None:
    send(root)
    assert "Too many mails of late" in send(root, ADDRESS.upper())
    for number in range(30):
        page = send(root, f"li{number}@acme.example")
    assert "Too many mails of late" in page
    assert len(post.mails) == 20


def test_a_mail_that_did_not_go_out_disturbed_nobody(root: HttpClient, post: Post) -> None:
    post.refusal = "550 no such mailbox"
    send(root)
    post.refusal = ""
    send(root)
    assert len(post.mails) == 1
    assert told()[0] == ("mail_sent", "refused", "mail_address_rejected", ADDRESS)


@pytest.mark.parametrize(
    ("name", "answer", "text"),
    [
        ("refusal", "550 no such mailbox", "refuses the recipient. (550 no such mailbox)"),
        ("sender_refusal", "553 not yours", "takes no mails from this sender. (553 not yours)"),
        ("sender_refusal", "530 sign in first", "wants a sign-in or TLS first."),
        ("mail_refusal", "554 spam <b>", "refuses the mail itself. (554 spam &lt;b&gt;)"),
        ("mail_refusal", f"554 {PASSWORD}", "refuses the mail itself."),
    ],
)
def test_what_the_server_refuses_is_said(
    root: HttpClient, post: Post, settings: Any, name: str, answer: str, text: str
) -> None:
    setattr(post, name, answer)
    settings.EMAIL_HOST_PASSWORD = PASSWORD
    assert text in send(root)
    assert not post.mails


def test_a_server_that_is_not_there_is_said(root: HttpClient, settings: Any) -> None:
    use(settings, free_port())
    assert "The connection was refused" in send(root)
    settings.EMAIL_HOST = "mail.invalid"
    assert "leads to no address" in send(root)
    settings.HUFU_MAIL_SERVER = False
    assert "This installation has no mail server" in root.get(PAGE).content.decode()
    assert "Set EMAIL_URL" in send(root)
    assert [reason for _kind, _outcome, reason, _account in told()][-1] == "mail_server_missing"


@pytest.mark.parametrize("encryption", ["EMAIL_USE_SSL", ""])
def test_a_silent_server_is_said(root: HttpClient, settings: Any, encryption: str) -> None:
    let_go = Event()

    def silent(_request: bytes) -> list[bytes]:
        let_go.wait(20)
        return []

    with listening(silent) as peer:
        use(settings, peer.port)
        if encryption:
            setattr(settings, encryption, True)
        assert "did not answer in time" in send(root)
        let_go.set()


# --- Signing in, and TLS ----------------------------------------------------------------------------------------------


def _checks(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
    is_right = isinstance(given, LoginPassword) and given.password == PASSWORD.encode()
    return AuthResult(success=is_right, handled=False)


def test_a_password_that_is_refused_is_said(root: HttpClient, post: Post, settings: Any) -> None:
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "hufu", PASSWORD
    assert "offers no way to sign in" in send(root)
    with receiving(authenticator=_checks, auth_require_tls=False) as other:
        settings.EMAIL_PORT = other.port
        send(root)
        assert len(other.mails) == 1
        settings.EMAIL_HOST_PASSWORD = f"not the {PASSWORD}"
        assert "refuses user or password. (535)" in send(root, "li@acme.example")


@pytest.fixture(scope="module")
def tls_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Servers with TLS by STARTTLS and from the start, by an authority of their own; and one of a wrong name."""
    directory = tmp_path_factory.mktemp("mail")
    authority = Authority.new()

    def context(folder_name: str, address: str, name: str = "") -> ssl.SSLContext:
        folder = authority.issue(directory / folder_name, address=address, name=name)
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(folder / "cert.pem", folder / "key.pem")
        return made

    right, wrong = context("right", "127.0.0.1"), context("wrong", "", "other.example")
    with ExitStack() as servers:
        yield {
            "EMAIL_USE_TLS": servers.enter_context(receiving(tls_context=right, require_starttls=True)),
            "EMAIL_USE_SSL": servers.enter_context(receiving(ssl_context=right)),
            "wrong": servers.enter_context(receiving(tls_context=wrong, require_starttls=True)),
            "authority": directory / "right" / "ca.pem",
        }


@pytest.mark.parametrize("encryption", ["EMAIL_USE_TLS", "EMAIL_USE_SSL"])
def test_mails_go_over_tls_to_a_server_that_is_to_be_trusted(
    root: HttpClient, settings: Any, tls_servers: dict[str, Any], monkeypatch: pytest.MonkeyPatch, encryption: str
) -> None:
    server: Post = tls_servers[encryption]
    use(settings, server.port)
    settings.EMAIL_TIMEOUT = 5
    if encryption == "EMAIL_USE_TLS":
        assert "wants a sign-in or TLS first" in send(root)
    setattr(settings, encryption, True)
    assert "certificate is not to be trusted" in send(root)
    assert not server.mails
    authority: Path = tls_servers["authority"]
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    assert "Everything works." in send(root)
    assert server.mails.pop()[0] == [ADDRESS]
    settings.EMAIL_PORT = tls_servers["wrong"].port
    if encryption == "EMAIL_USE_TLS":
        page = send(root, "li@acme.example")
        assert "certificate is not to be trusted" in page
        assert "127.0.0.1" in page
        assert not tls_servers["wrong"].mails


def test_a_server_without_tls_gets_no_mail_where_tls_is_set(root: HttpClient, post: Post, settings: Any) -> None:
    settings.EMAIL_USE_TLS = True
    assert "offers no STARTTLS" in send(root)
    settings.EMAIL_USE_TLS, settings.EMAIL_USE_SSL = False, True
    assert "No encrypted connection came about" in send(root)
    assert not post.mails
