"""Each channel against a server on loopback: what arrives, what a refusal says, and that no secret shows."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sidecar.alerts.channel import NotSent
from sidecar.alerts.chat import Slack, Teams, slack_body, teams_body
from sidecar.alerts.mail import Mail
from sidecar.alerts.message import Item, Message, from_json
from sidecar.alerts.signed import SignedWebhook, signature
from tests.support.sink import Sink, sinking
from tests.support.smtp import Certificate, Post, make_certificate, serving

NOW = datetime(2026, 11, 20, 10, 5, 19, tzinfo=UTC)
MESSAGE = Message(
    id="alert-1-finance",
    kind="alert",
    owner="finance",
    title="finance: 2 critical, 8,430.00 EUR at stake",
    items=(
        Item(
            urgency="critical",
            heading="credit_refused, 2 flags, 8,430.00 EUR at stake",
            detail="Oro refused: <b>no</b> & *no*",
            next_step="Read Oro's answer.",
            code="credit_refused",
            count=7,
            amounts={"EUR": "8430.00"},
            returns=("413413515", "413413516"),
            runbook="docs/runbook.md#credit_refused",
        ),
    ),
    created_at=NOW,
    link="https://returns.example.com/desk",
)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    folder: Path = tmp_path_factory.mktemp("certificate")
    return make_certificate(folder)


@pytest.fixture
def sink() -> Iterator[Sink]:
    with sinking() as found:
        yield found


def mail_to(post: Post, **more: object) -> Mail:
    plain = Mail("127.0.0.1", post.port, "off", "returns@example.com", {"finance": ("a@example.com", "b@example.com")})
    return replace(plain, **more)  # type: ignore[arg-type]


def test_a_mail_says_what_happened_and_what_to_do() -> None:
    with serving(Post()) as post:
        mail_to(post).send(MESSAGE)
    (taken,) = post.taken
    assert (taken.sender, taken.recipients) == ("returns@example.com", ["a@example.com", "b@example.com"])
    assert taken.mail["Subject"] == "[returns] finance: 2 critical, 8,430.00 EUR at stake"
    assert taken.mail["Auto-Submitted"] == "auto-generated"
    assert taken.mail.get_content().splitlines() == [
        "CRITICAL: credit_refused, 2 flags, 8,430.00 EUR at stake",
        "  Oro refused: <b>no</b> & *no*",
        "  Returns: 413413515, 413413516 and 5 more",
        "  Next: Read Oro's answer.",
        "  More: docs/runbook.md#credit_refused",
        "",
        "At the desk: https://returns.example.com/desk",
    ]


def test_a_mail_sent_again_carries_the_same_id_so_that_a_mailbox_shows_it_once() -> None:
    with serving(Post()) as post:
        mail_to(post).send(MESSAGE)
        mail_to(post).send(MESSAGE)
    assert [taken.mail["Message-ID"] for taken in post.taken] == ["<alert-1-finance@example.com>"] * 2


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_login_and_mail_go_over_tls(certificate: Certificate, tls: str) -> None:
    post = Post(certificate.server, from_the_start=tls == "tls", login="bridge:pass-word")
    with serving(post):
        login = {"username": "bridge", "password": "pass-word"}
        mail_to(post, tls=tls, context=certificate.client, **login).send(MESSAGE)
    (taken,) = post.taken
    assert (taken.encrypted, taken.user) == (True, "bridge")


def test_nothing_is_sent_in_the_clear_when_tls_is_wanted_and_not_offered() -> None:
    with serving(Post()) as post, pytest.raises(NotSent, match="STARTTLS extension not supported"):
        mail_to(post, tls="starttls").send(MESSAGE)
    assert post.taken == []


def test_nothing_is_sent_to_a_server_whose_certificate_is_not_trusted(certificate: Certificate) -> None:
    with (
        serving(Post(certificate.server)) as post,
        pytest.raises(NotSent, match="TLS failed: CERTIFICATE_VERIFY_FAILED"),
    ):
        mail_to(post, tls="starttls").send(MESSAGE)
    assert post.taken == []


def test_a_refused_login_says_so_in_the_servers_words_without_the_password(certificate: Certificate) -> None:
    post = Post(certificate.server, login="bridge:right-word")
    with serving(post), pytest.raises(NotSent) as caught:
        wrong = {"username": "bridge", "password": "wrong-word"}
        mail_to(post, tls="starttls", context=certificate.client, **wrong).send(MESSAGE)
    assert str(caught.value) == "SMTPAuthenticationError: 535 5.7.8 authentication failed"


def test_a_mail_that_one_of_two_recipients_gets_counts_as_sent(caplog: pytest.LogCaptureFixture) -> None:
    with serving(Post(refuse=frozenset({"b@example.com"}))) as post, caplog.at_level(logging.WARNING):
        mail_to(post).send(MESSAGE)
    assert post.taken[0].recipients == ["a@example.com"]
    assert caplog.messages == ["1 of 2 recipients refused"]


def test_a_mail_nobody_gets_is_not_sent() -> None:
    refused = frozenset({"a@example.com", "b@example.com"})
    with serving(Post(refuse=refused)) as post, pytest.raises(NotSent, match="all 2 recipients were refused"):
        mail_to(post).send(MESSAGE)


def test_a_server_that_hangs_up_or_is_not_there_is_told_from_one_that_took_it() -> None:
    with serving(Post(hang_up=True)) as post, pytest.raises(NotSent):
        mail_to(post).send(MESSAGE)
    with pytest.raises(NotSent, match="ConnectionRefusedError"):
        mail_to(post).send(MESSAGE)


def test_a_title_with_a_line_break_makes_no_second_header() -> None:
    with serving(Post()) as post:
        mail_to(post).send(replace(MESSAGE, title="finance\r\nBcc: all@example.com"))
    assert post.taken[0].mail["Bcc"] is None
    assert post.taken[0].recipients == ["a@example.com", "b@example.com"]


def test_slack_gets_blocks_in_which_a_foreign_text_makes_no_link(sink: Sink) -> None:
    Slack(sink.url).send(MESSAGE)
    body = sink.sent[0].json
    assert body["text"] == MESSAGE.title
    header, section, link = body["blocks"]
    assert header["text"]["text"] == MESSAGE.title
    assert section["text"]["text"].splitlines()[:2] == [
        "*CRITICAL: credit_refused, 2 flags, 8,430.00 EUR at stake*",
        "Oro refused: &lt;b&gt;no&lt;/b&gt; &amp; *no*",
    ]
    assert link["text"]["text"] == "<https://returns.example.com/desk|Open the desk>"


def test_slack_and_teams_get_no_more_than_they_take() -> None:
    long = replace(MESSAGE, items=tuple(replace(MESSAGE.items[0], detail="x" * 5_000) for _ in range(200)))
    blocks = slack_body(long)["blocks"]
    assert len(blocks) <= 50
    assert max(len(block["text"]["text"]) for block in blocks) < 3_000
    card = teams_body(long)
    assert len(json.dumps(card)) < 28_000
    assert card["attachments"][0]["content"]["body"][-1]["text"].startswith("and ")


def test_teams_gets_an_adaptive_card_in_which_a_foreign_text_is_only_text(sink: Sink) -> None:
    Teams(sink.url).send(replace(MESSAGE, title="[look](http://elsewhere)"))
    (attachment,) = sink.sent[0].json["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attachment["content"]
    assert card["type"] == "AdaptiveCard"
    assert card["body"][0]["text"] == "\\[look\\]\\(http://elsewhere\\)"
    assert card["actions"][0]["url"] == "https://returns.example.com/desk"


def test_the_generic_webhook_is_signed_over_time_and_body(sink: Sink) -> None:
    SignedWebhook(sink.url, "our-secret", clock=lambda: 1_795_000_000.9).send(MESSAGE)
    (sent,) = sink.sent
    timestamp = sent.headers["x-returns-timestamp"]
    assert timestamp == "1795000000"
    expected = hmac.new(b"our-secret", b"1795000000." + sent.body, hashlib.sha256).hexdigest()
    assert sent.headers["x-returns-signature"] == f"sha256={expected}" == signature("our-secret", timestamp, sent.body)
    assert from_json(sent.json) == MESSAGE


@pytest.mark.parametrize(
    ("status", "headers", "words", "asked"),
    [
        (404, {}, "answered 404 no_service", None),
        (429, {"Retry-After": "30"}, "answered 429 no_service", 30.0),
        (429, {"Retry-After": "soon"}, "answered 429 no_service", None),
        (500, {}, "answered 500 no_service", None),
        (302, {"Location": "http://127.0.0.1:9/elsewhere"}, "answered 302 no_service", None),
    ],
)
def test_whatever_is_not_2xx_is_not_sent(
    sink: Sink, status: int, headers: dict[str, str], words: str, asked: float | None
) -> None:
    sink.answers.append((status, headers, b"no_service"))
    with pytest.raises(NotSent) as caught:
        Slack(sink.url).send(MESSAGE)
    assert (str(caught.value), caught.value.retry_after) == (words, asked)
    assert len(sink.sent) == 1


def test_an_address_that_is_a_secret_shows_in_no_error_and_no_repr() -> None:
    with sinking() as gone:
        url = gone.url
    with pytest.raises(NotSent) as caught:
        Slack(url).send(MESSAGE)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    for text in (str(caught.value), repr(Slack(url)), repr(Teams(url)), repr(SignedWebhook(url, "our-secret"))):
        assert "secret" not in text.replace("our-secret", "secret")
        assert "hooks" not in text
