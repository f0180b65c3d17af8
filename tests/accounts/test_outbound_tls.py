"""To whom Hufu says something over TLS: to a peer whose certificate it trusts, and which has the called name."""

import datetime as dt
import ssl
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from accounts.outbound import fetch_json
from tests.accounts.calling import LOOPBACK, reason_of
from tests.peers import Peer, listening, says_json

pytestmark = pytest.mark.once


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A file with a key and a certificate of its own for 127.0.0.1, which nobody trusts yet."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "tests")])
    now = dt.datetime.now(dt.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "certificate.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return file


@pytest.fixture
def tls_peer(settings: Any, certificate: Path) -> Iterator[Peer]:
    settings.OUTBOUND_PRIVATE_NETWORKS = LOOPBACK
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with listening(says_json("encrypted"), tls=context) as peer:
        yield peer


def test_speaks_to_a_peer_whose_certificate_it_trusts(
    tls_peer: Peer, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert fetch_json(tls_peer.url()) == "encrypted"


def test_sends_nothing_to_a_peer_that_it_does_not_trust(tls_peer: Peer) -> None:
    assert reason_of(tls_peer.url()) == "unreachable"
    assert tls_peer.requests == []


def test_sends_nothing_to_a_peer_with_the_certificate_of_another_name(
    tls_peer: Peer, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert reason_of(tls_peer.url(host="localhost")) == "unreachable"
    assert tls_peer.requests == []
