"""With a certificate the twin speaks TLS, from the first byte or after STARTTLS."""

import asyncio
import datetime
import imaplib
import ssl
from ipaddress import ip_address
from pathlib import Path

import aiosmtplib
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from channels.email.twin import EmailTwin
from channels.email.twin.tls import Tls
from tests.integration.email_twin.conftest import ANNA, mail, raw_lines, raws


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and its self-signed certificate for 127.0.0.1, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail twin")])
    day = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(day)
        .not_valid_after(day + datetime.timedelta(days=36500))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path: Path = tmp_path_factory.mktemp("tls") / "both.pem"
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(pem))
    return path


@pytest.mark.parametrize("how", ["implicit", "starttls"])
async def test_both_protocols_over_tls(tmp_path: Path, certificate: Path, how):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    trusting = ssl.create_default_context(cafile=str(certificate))
    async with EmailTwin(tls=Tls(how, context)).serve("127.0.0.1", 0, tmp_path) as twin:
        assert twin.settings["imap_tls"] == twin.settings["smtp_tls"] == how
        client = aiosmtplib.SMTP(
            hostname="127.0.0.1",
            port=twin.smtp_port,
            timeout=20,
            use_tls=how == "implicit",
            start_tls=how == "starttls",
            tls_context=trusting,
            username=twin.company.address,
            password=twin.company.password,
        )
        async with client:
            await client.send_message(mail(twin))
        assert len(await raws(twin, ANNA)) == 1
        await twin.play({"who": ANNA, "text": "Hi"})

        def read() -> object:
            if how == "implicit":
                secure = imaplib.IMAP4_SSL(
                    "127.0.0.1", twin.imap_port, ssl_context=trusting, timeout=20
                )
            else:
                secure = imaplib.IMAP4("127.0.0.1", twin.imap_port, timeout=20)  # type: ignore[assignment]
                secure.starttls(trusting)
            secure.login(twin.company.address, twin.company.password)
            found = secure.select("INBOX")
            secure.logout()
            return found

        assert await asyncio.to_thread(read) == ("OK", [b"1"])


async def test_nobody_signs_in_before_starttls(tmp_path: Path, certificate: Path):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    async with EmailTwin(tls=Tls("starttls", context)).serve("127.0.0.1", 0, tmp_path) as twin:
        said = f"a LOGIN {twin.company.address} {twin.company.password}\r\nb LOGOUT\r\n"
        told = await raw_lines(twin.imap_port, said.encode())
        assert b"a NO [PRIVACYREQUIRED]" in told
        told = await raw_lines(twin.smtp_port, b"EHLO x\r\nAUTH PLAIN AGEAYg==\r\nQUIT\r\n")
        assert b"530 5.7.0 STARTTLS first" in told
        assert b"AUTH" not in told
