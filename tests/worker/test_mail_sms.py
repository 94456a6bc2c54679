"""The two channels, against a real server each: what is handed over, and what counts as handed over."""

import json
import ssl
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from config import ConfigurationError, settings
from models import Channel, now
from tests.machine.processes import free_port
from tests.machine.secrets import environment
from tests.worker.deliveries import EMAIL, PHONE
from tests.worker.receivers import Gateway, MailSink
from worker import mail as by_mail
from worker import sms as by_sms
from worker.delivery import ChannelDown, DeliveryFailed, DeliveryRefused, RenderedMessage

TEXT = '您的申请 2026-000341 已回退。原因：材料"不全"，\\n{phone} 见第{1}页'
SMS = RenderedMessage("k" * 32, PHONE, TEXT, "0477-8587631")
MAIL = RenderedMessage("k" * 32, EMAIL, TEXT, "0477-8587631")
USER = {"user": "talent", "password": "p@ss:word/1"}


def config_with(tmp_path: Path, **variables: str) -> dict[str, Any]:
    return settings(environment(tmp_path / "instance", f"sqlite:///{tmp_path}/none.sqlite", **variables))


@pytest.fixture
def send_sms(tmp_path: Path, gateway: Gateway) -> Callable[..., None]:
    def send(**variables: str) -> None:
        given = {"SMS_URL": gateway.url, **variables}
        by_sms.sender(config_with(tmp_path, **given))[Channel.SMS](SMS)

    return send


def test_the_gateways_body_is_filled_and_a_text_cannot_change_its_structure(
    gateway: Gateway, send_sms: Callable[..., None]
) -> None:
    send_sms(
        SMS_HEADERS='{"Authorization": "Bearer abc"}',
        SMS_BODY='{"to": ["{phone}"], "sign": "人才", "content": {"m": "【人才】{text}"}, "id": "{key}", "n": 1}',
    )
    [received] = gateway.received
    assert json.loads(received["body"]) == {
        "to": [PHONE],
        "sign": "人才",
        "content": {"m": f"【人才】{TEXT}"},
        "id": SMS.idempotency_key,
        "n": 1,
    }
    assert received["headers"]["Authorization"] == "Bearer abc"
    assert received["headers"]["Idempotency-Key"] == SMS.idempotency_key


def test_a_gateway_can_receive_a_form_or_a_query_string(
    gateway: Gateway, send_sms: Callable[..., None]
) -> None:
    send_sms(SMS_HEADERS='{"Content-Type": "application/x-www-form-urlencoded"}')
    send_sms(SMS_METHOD="get", SMS_URL=f"{gateway.url}?user=1")
    assert parse_qs(gateway.received[0]["body"]) == {"phone": [PHONE], "text": [TEXT]}
    assert parse_qs(urlsplit(gateway.received[1]["path"]).query) == {
        "user": ["1"],
        "phone": [PHONE],
        "text": [TEXT],
    }


@pytest.mark.parametrize(
    ("answer", "accepted", "error"),
    [
        ((200, '{"code": 0}'), r'"code":\s*0\b', None),
        ((200, '{"code": 7, "phone": "13847710000"}'), r'"code":\s*0\b', "TALENT_SMS_OK"),
        ((204, ""), "", None),
        ((302, ""), "", "HTTP 302"),
        ((401, PHONE), "", "HTTP 401"),
        ((500, PHONE), "", "HTTP 500"),
    ],
)
def test_a_response_of_the_gateway_is_accepted_or_retried(
    gateway: Gateway, send_sms: Callable[..., None], answer: tuple[int, str], accepted: str, error: str | None
) -> None:
    gateway.answers = [answer]
    if error is None:
        send_sms(SMS_OK=accepted)
    else:
        with pytest.raises(DeliveryFailed, match=error) as trouble:
            send_sms(SMS_OK=accepted)
        assert PHONE not in trouble.value.error
    assert len(gateway.received) == 1, "a redirect is not followed"


def test_a_missing_or_silent_gateway_means_that_the_channel_is_down(
    gateway: Gateway, send_sms: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ChannelDown, match="ConnectionRefusedError"):
        send_sms(SMS_URL=f"http://127.0.0.1:{free_port()}/")
    monkeypatch.setattr(by_sms, "TIMEOUT_SECONDS", 0.3)
    gateway.before = lambda: __import__("time").sleep(1)
    with pytest.raises(ChannelDown, match="Timeout"):
        send_sms()


def test_a_long_sms_is_cut() -> None:
    long = by_sms.shortened("长" * 1000)
    assert len(long) == by_sms.MAX_TEXT_LENGTH
    assert long.endswith("…")


# --- mail


def certificate(home: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's TLS for 127.0.0.1, and the file of the authority that vouches for it."""
    import ipaddress

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now() - timedelta(days=1))
        .not_valid_after(now() + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    own, authority = home / "server.pem", home / "authority.pem"
    pem = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    own.write_bytes(private + pem)
    authority.write_bytes(pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own)
    return context, authority


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[tuple[MailSink, Path]]:
    """A mail server that takes mail only over TLS and from whom it knows."""
    context, authority = certificate(tmp_path)

    def known(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        success = (given.login.decode(), given.password.decode()) == tuple(USER.values())
        return AuthResult(success=success, handled=success)

    sink = MailSink(
        tls_context=context,
        require_starttls=True,
        authenticator=known,
        auth_required=True,
        auth_require_tls=True,
    )
    yield sink, authority
    sink.stop()


def send_mail(tmp_path: Path, url: str) -> None:
    given = config_with(tmp_path, SMTP_URL=url, MAIL_FROM="人才公共服务大厅 <talent@ordos.example>")
    by_mail.sender(given)[Channel.MAIL](MAIL)


def test_mail_is_sent_over_tls_with_authentication(tmp_path: Path, guarded: tuple[MailSink, Path]) -> None:
    sink, authority = guarded
    url = f"smtp://talent:p%40ss%3Aword%2F1@127.0.0.1:{sink.port}?tls=starttls&ca={authority}"
    send_mail(tmp_path, url)
    send_mail(tmp_path, url)
    [mail, again] = sink.received
    assert mail["Message-ID"] == again["Message-ID"] == f"<{MAIL.idempotency_key}@ordos.example>"
    assert str(mail["From"]) == "人才公共服务大厅 <talent@ordos.example>"
    assert str(mail["Subject"]) == "鄂尔多斯人事人才公共服务大厅通知"
    assert mail["Auto-Submitted"] == "auto-generated"
    content = mail.get_content()
    assert content.startswith(TEXT)
    assert "0477-8587631" in content


def test_mail_is_not_sent_to_a_server_with_an_invalid_certificate(
    tmp_path: Path, guarded: tuple[MailSink, Path], mail: MailSink
) -> None:
    sink, authority = guarded
    for url, error in (
        (f"smtp://talent:p%40ss%3Aword%2F1@127.0.0.1:{sink.port}", "SSLCertVerificationError"),
        (f"smtp://talent:wrong@127.0.0.1:{sink.port}?ca={authority}", "SMTP 535 at the login"),
        (f"smtp://talent:p%40ss%3Aword%2F1@127.0.0.1:{mail.port}", "SMTPNotSupportedError"),
        (f"smtp://127.0.0.1:{free_port()}", "ConnectionRefusedError"),
    ):
        with pytest.raises(ChannelDown, match=error):
            send_mail(tmp_path, url)
    assert sink.received == mail.received == []


@pytest.mark.parametrize(
    ("answer", "kind"),
    [("550 no", DeliveryRefused), ("452 full", DeliveryFailed), ("554 relay", DeliveryFailed)],
)
def test_a_mail_servers_reply_decides_whether_to_try_again(
    tmp_path: Path, mail: MailSink, answer: str, kind: type[DeliveryFailed]
) -> None:
    mail.answers = [answer]
    with pytest.raises(DeliveryFailed) as trouble:
        send_mail(tmp_path, f"smtp://127.0.0.1:{mail.port}?tls=none")
    assert type(trouble.value) is kind


@pytest.mark.parametrize(
    "variables",
    [
        {"SMTP_URL": "smtp://mail.example"},
        {"SMS_URL": "https://sms.example", "SMS_BODY": "[1]"},
        {"SMS_URL": "https://sms.example", "SMS_HEADERS": "{"},
        {"SMS_URL": "https://sms.example", "SMS_METHOD": "DELETE"},
    ],
)
def test_an_unusable_channel_configuration_is_refused_at_the_start(
    tmp_path: Path, variables: dict[str, str]
) -> None:
    with pytest.raises(ConfigurationError):
        config_with(tmp_path, **variables)


@pytest.mark.parametrize(
    "url", ["mail.example", "http://mail.example", "smtp://", "smtp://mail.example?tls=perhaps"]
)
def test_an_invalid_url_of_a_mail_server_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(ValueError, match=r"needed|one of"):
        by_mail.Server.from_url(url)
