"""Who is told what, and how often: once per matter, gathered, not while nothing is wrong, never lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from sidecar.alerts.channel import NotSent
from sidecar.alerts.message import Message
from sidecar.ledger import alerts, flags, inbox, postings, returns, signals, work
from sidecar.ledger.engine import Ledger
from sidecar.settings import Settings, load
from sidecar.sync import flagging
from sidecar.sync.alerting import Alerter
from tests.ledger.builders import incoming, posting
from tests.sync.town import Clock

STRIDES = (
    (30, timedelta(minutes=5)),
    (120, timedelta(minutes=30)),
    (600, timedelta(hours=3)),
    (3600, timedelta(days=30)),
)
MORNING = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)


@dataclass
class Channel:
    """Takes everything for its owners, unless told to fail."""

    name: str = "slack"
    owners: tuple[str, ...] = ("cx", "finance", "operations", "it")
    taken: list[Message] = field(default_factory=list)
    trouble: list[NotSent] = field(default_factory=list)
    meanwhile: Callable[[], object] = lambda: None

    def serves(self, owner: str) -> bool:
        return owner in self.owners

    def send(self, message: Message) -> None:
        self.meanwhile()
        if self.trouble:
            raise self.trouble.pop(0)
        self.taken.append(message)

    @property
    def titles(self) -> list[str]:
        return [message.title for message in self.taken]


@dataclass
class Office:
    ledger: Ledger
    settings: Settings
    clock: Clock
    channels: list[Channel]
    alerter: Alerter = field(init=False)
    returns: int = 0
    heard: datetime = MORNING - timedelta(days=1)

    def __post_init__(self) -> None:
        self.alerter = self.another()

    def another(self, holder: str = "one") -> Alerter:
        return Alerter(self.ledger, self.channels, self.settings, self.clock, holder)

    @property
    def channel(self) -> Channel:
        return self.channels[0]

    def a_return(self) -> int:
        self.returns += 1
        with self.ledger.begin() as conn:
            return returns.ensure(conn, "GL123", f"R-{self.returns}", f"SO-{self.returns}", self.clock())

    def flag(self, code: str, return_pk: int | None = None, amount: str | None = None, currency: str = "EUR") -> int:
        """Raise a flag on a return of its own (or this one); its return's pk."""
        pk = return_pk or self.a_return()
        draft = flagging.sync_draft(
            code,
            f"{code} happened",
            self.clock(),
            amount=Decimal(amount) if amount else None,
            currency=currency if amount else "",
        )
        with self.ledger.begin() as conn:
            flags.raise_for_return(conn, pk, draft, self.clock())
        return pk

    def clear(self, return_pk: int, code: str) -> None:
        with self.ledger.begin() as conn:
            flags.clear_for_returns(conn, [return_pk], [code], "gone", self.clock())

    def well(self) -> None:
        """Every link of the chain was heard of just now."""
        with self.ledger.begin() as conn:
            for name in ("oro", "zigzag"):
                signals.beat(conn, name, self.clock(), ok=True)
            signals.cursor_set(conn, "pull", self.clock().isoformat(), self.clock())
        self.heard = self.clock()

    def passes(self, **by: float) -> None:
        """Time passes, turn after turn, longer spans in longer strides; all links are well."""
        span = timedelta(**by)
        stride = next(s for s, most in STRIDES if span <= most)
        until = self.clock() + span
        while self.clock() < until:
            self.clock.forward(seconds=stride)
            if self.clock() >= self.heard + timedelta(minutes=5):
                self.well()
            self.alerter.turn()


def office_of(ledger: Ledger, ledger_url: str, var: Path, **environ: str) -> Office:
    stated = {"ALERT_DIGEST_HOUR": "off", "ZIGZAG_RETAILER_CODE": "GL123", "DATABASE_URL": ledger_url}
    settings = load({**stated, "VAR_DIR": str(var), **environ})
    return Office(ledger, settings, Clock(MORNING), [Channel()])


@pytest.fixture
def office(ledger: Ledger, ledger_url: str, tmp_path: Path) -> Office:
    return office_of(ledger, ledger_url, tmp_path)


def test_nobody_hears_anything_while_nothing_is_wrong(office: Office) -> None:
    office.flag("received_short")  # a warning, due tomorrow
    office.passes(hours=2)
    assert office.channel.taken == []


def test_fifty_critical_flags_of_one_minute_are_one_message_with_their_money(office: Office) -> None:
    for _ in range(49):
        office.flag("credit_refused", amount="100.00")
    office.flag("credit_refused", amount="12.345", currency="KWD")
    office.passes(minutes=3)
    (message,) = office.channel.taken
    assert message.title == "finance: 50 critical, 4,900.00 EUR and 12.345 KWD at stake"
    (item,) = message.items
    assert item.heading == "Credit refused by Oro (credit_refused), 50 flags, 4,900.00 EUR and 12.345 KWD at stake"
    assert item.returns == ("R-1", "R-2", "R-3", "R-4", "R-5")
    assert item.next_step.startswith("Read Oro's answer")


def test_a_message_leads_to_the_desk_and_to_the_section_of_the_runbook(
    ledger: Ledger, ledger_url: str, tmp_path: Path
) -> None:
    office = office_of(ledger, ledger_url, tmp_path, DESK_URL="https://returns.example.com")
    office.flag("credit_refused")
    office.passes(minutes=3)
    (message,) = office.channel.taken
    assert message.link == "https://returns.example.com/desk/flags?owner=finance"
    assert message.items[0].runbook == "https://returns.example.com/desk/guides/runbook#credit_refused"


def test_each_owner_is_told_of_what_is_theirs(office: Office) -> None:
    office.flag("posting_conflict")
    office.flag("attempts_exhausted")
    office.passes(minutes=3)
    assert sorted(office.channel.titles) == ["finance: 1 critical", "it: 1 critical"]


def test_a_matter_is_told_once_however_long_it_stands(office: Office) -> None:
    office.flag("credit_refused")
    office.passes(hours=3)
    assert office.channel.titles == ["finance: 1 critical"]


def test_what_comes_within_the_interval_is_gathered_and_told_at_its_end(office: Office) -> None:
    office.flag("credit_refused")
    office.passes(minutes=3)
    office.flag("credit_refused")
    office.passes(minutes=5)
    office.flag("posting_conflict")
    assert office.channel.titles == ["finance: 1 critical"]
    office.passes(minutes=15)
    assert office.channel.titles == ["finance: 1 critical", "finance: 2 critical"]
    first, second = (message.created_at for message in office.channel.taken)
    assert second - first >= timedelta(minutes=15)


def test_a_flag_that_closed_and_opened_again_is_told_again(office: Office) -> None:
    pk = office.flag("credit_refused")
    office.passes(minutes=3)
    office.clear(pk, "credit_refused")
    office.passes(minutes=20)
    office.flag("credit_refused", pk)
    office.passes(minutes=20)
    assert office.channel.titles == ["finance: 1 critical"] * 2


def test_a_flag_that_closes_before_anybody_was_told_bothers_nobody(office: Office) -> None:
    pk = office.flag("credit_refused")
    office.passes(seconds=40)
    office.clear(pk, "credit_refused")
    office.passes(minutes=30)
    assert office.channel.taken == []


def test_a_warning_is_told_when_it_is_past_due_and_not_before(office: Office) -> None:
    office.flag("received_short")
    office.passes(hours=23)
    assert office.channel.taken == []
    office.passes(hours=2)
    assert office.channel.titles == ["operations: 1 past due"]


def test_an_unknown_outcome_is_told_when_it_is_fifteen_minutes_old(office: Office) -> None:
    office.flag("outcome_unknown", amount="100.00")
    office.passes(minutes=14)
    assert office.channel.taken == []
    office.passes(minutes=4)
    assert office.channel.titles == ["finance: 1 critical, 100.00 EUR at stake"]


def test_an_upstream_that_is_away_for_ten_minutes_is_told_and_so_is_its_return(office: Office) -> None:
    office.passes(minutes=1)
    with office.ledger.begin() as conn:
        signals.beat(conn, "oro", office.clock(), ok=False, detail="connection refused")
    for minutes in (9, 1, 1):
        assert office.channel.taken == []
        office.clock.forward(minutes=minutes)
        office.alerter.turn()
    (told,) = office.channel.taken
    assert told.title == "it: 1 down"
    assert told.items[0].heading == "OroCommerce has not answered for 11 minutes: connection refused"
    office.passes(minutes=20)
    assert office.channel.titles == ["it: 1 down", "it: 1 well again"]
    assert office.channel.taken[1].items[0].detail.startswith("Told before: OroCommerce has not answered")


def test_a_pull_that_stands_still_is_told(office: Office) -> None:
    office.passes(minutes=1)
    for minutes in (61, 1):
        office.clock.forward(minutes=minutes)
        office.alerter.turn()
    assert [item.heading for item in office.channel.taken[0].items] == [
        "The pull from ZigZag has not ended well for 1 hour"
    ]


def test_a_pull_every_hour_is_not_blamed_before_the_third_is_missed(
    ledger: Ledger, ledger_url: str, tmp_path: Path
) -> None:
    office = office_of(ledger, ledger_url, tmp_path, SYNC_INTERVAL_SECONDS="3600")
    office.passes(minutes=1)
    office.clock.forward(minutes=175)
    office.alerter.turn()
    office.clock.forward(minutes=2)
    office.alerter.turn()
    assert office.channel.taken == []


def test_work_that_nobody_takes_is_told(office: Office) -> None:
    pk = office.a_return()
    with office.ledger.begin() as conn:
        work.make_due(conn, [pk], office.clock(), pull=False, reason="test", correlation_id="")
    office.passes(minutes=14)
    assert office.channel.taken == []
    office.passes(minutes=4)
    (item,) = office.channel.taken[0].items
    assert item.heading.startswith("Returns are due (1) and nobody has taken the oldest for 1")


def test_nothing_is_blamed_for_the_time_when_this_program_did_not_run(office: Office) -> None:
    office.well()
    office.clock.forward(days=2)
    office.alerter.turn()
    office.clock.forward(minutes=2)
    office.alerter.turn()
    assert office.channel.taken == []


def test_a_webhook_that_is_silent_for_three_days_is_told(ledger: Ledger, ledger_url: str, tmp_path: Path) -> None:
    office = office_of(ledger, ledger_url, tmp_path, ZIGZAG_WEBHOOK_SECRET="secret-of-zigzag")
    with ledger.begin() as conn:
        inbox.store(conn, incoming(received_at=office.clock()))
    office.clock.forward(hours=71)
    office.passes(minutes=3)
    assert office.channel.taken == []
    office.clock.forward(hours=1)
    office.passes(minutes=3)
    assert [item.heading for item in office.channel.taken[0].items] == [
        "ZigZag's webhook has brought nothing for 3 days"
    ]


# --- sending ------------------------------------------------------------------------------------------------------


def test_a_failed_send_is_tried_again_with_growing_pauses_until_it_works(office: Office) -> None:
    office.channel.trouble += [NotSent("answered 500")] * 3
    office.flag("credit_refused")
    office.passes(minutes=20)
    assert office.channel.titles == ["finance: 1 critical"]
    with office.ledger.read() as conn:
        (row,) = alerts.notices(conn)
        signal = signals.get(conn, "alerts")
    assert (row.state, row.attempts) == ("sent", 4)
    assert signal is not None
    assert signal.ok


def test_the_pause_is_at_least_what_the_other_side_asks_for(office: Office) -> None:
    office.channel.trouble.append(NotSent("answered 429", retry_after=600))
    office.flag("credit_refused")
    office.passes(minutes=9)
    assert office.channel.taken == []
    office.passes(minutes=4)
    assert office.channel.titles == ["finance: 1 critical"]


def test_after_a_day_it_is_given_up_and_said_so(office: Office) -> None:
    office.channel.trouble += [NotSent("answered 404 no_service")] * 100
    office.flag("credit_refused")
    office.passes(minutes=2)
    for _ in range(30):
        office.clock.forward(hours=1)
        office.well()
        office.alerter.turn()
    with office.ledger.read() as conn:
        states = {(row.owner, row.state, row.detail) for row in alerts.notices(conn)}
        signal = signals.get(conn, "alerts")
    assert states == {("finance", "given_up", "answered 404 no_service")}
    assert signal is not None
    assert (signal.ok, signal.detail) == (False, "slack: answered 404 no_service")


def test_a_channel_that_fails_keeps_no_other_from_its_message(office: Office) -> None:
    mail = Channel("email", owners=("finance",))
    office.channels.append(mail)
    office.channel.trouble += [NotSent("answered 500")] * 100
    office.flag("credit_refused")
    office.flag("attempts_exhausted")
    office.passes(minutes=5)
    assert mail.titles == ["finance: 1 critical"]
    assert office.channel.taken == []


def test_two_dispatchers_send_once(office: Office) -> None:
    other = office.another("two")
    office.flag("credit_refused")
    for _ in range(10):
        office.clock.forward(seconds=20)
        office.alerter.turn()
        other.turn()
    assert office.channel.titles == ["finance: 1 critical"]


def test_a_second_sender_that_believes_it_leads_cannot_take_a_message_that_is_on_its_way(office: Office) -> None:
    office.flag("credit_refused")
    other = office.another("two")

    def the_other_sends_too() -> None:
        office.channel.meanwhile = lambda: None
        office.clock.forward(seconds=181)  # the lease of the first ran out while it was sending
        with office.ledger.read() as conn:
            on_its_way = alerts.due_notices(conn, office.clock() - timedelta(seconds=181))
        assert on_its_way == []  # claimed
        other.turn()

    office.channel.meanwhile = the_other_sends_too
    office.passes(minutes=3)
    with office.ledger.read() as conn:
        (row,) = alerts.notices(conn)
    assert row.state == "sent"


def test_the_successor_of_a_killed_sender_tells_what_was_queued_and_not_sent(office: Office) -> None:
    office.flag("credit_refused")

    class Killed(BaseException):
        pass

    def die() -> None:
        raise Killed

    office.channel.meanwhile = die
    with pytest.raises(Killed):
        office.passes(minutes=3)
    office.channel.meanwhile = lambda: None
    office.alerter = office.another("two")
    office.passes(minutes=6)
    assert office.channel.titles == ["finance: 1 critical"]


def test_without_a_channel_nothing_is_marked_so_that_switching_one_on_tells_what_stands(office: Office) -> None:
    office.flag("credit_refused")
    channel = office.channels.pop()
    office.passes(hours=1)
    office.channels.append(channel)
    office.passes(minutes=2)
    assert channel.titles == ["finance: 1 critical"]


# --- the digest ---------------------------------------------------------------------------------------------------


@pytest.fixture
def berlin(ledger: Ledger, ledger_url: str, tmp_path: Path) -> Office:
    """The digest at seven in Berlin, which is six in UTC in November."""
    zone = {"ALERT_DIGEST_HOUR": "7", "RETURNS_TIMEZONE": "Europe/Berlin"}
    return office_of(ledger, ledger_url, tmp_path, **zone)


def test_the_digest_comes_once_a_day_at_its_hour_in_the_business_zone(berlin: Office) -> None:
    berlin.flag("fee_not_mapped", amount="10.00")
    berlin.flag("fee_not_mapped", amount="5.50", currency="GBP")
    berlin.passes(minutes=50)
    assert berlin.channel.taken == []
    berlin.passes(minutes=15)
    (digest,) = berlin.channel.taken
    assert digest.title == "finance, 2026-11-20: 2 flags open"
    assert digest.items[0].heading == "Fee without a mapping (fee_not_mapped), 2 flags, 10.00 EUR and 5.50 GBP at stake"
    assert digest.items[0].detail == "oldest 1 hour, 2 new since yesterday"
    berlin.alerter = berlin.another("two")  # a restart is no new day
    berlin.passes(hours=10)
    assert len(berlin.channel.taken) == 1
    berlin.passes(hours=14)
    assert berlin.channel.titles[-2:] == [
        "finance: 2 past due, 10.00 EUR and 5.50 GBP at stake",
        "finance, 2026-11-21: 2 flags open, 2 past due",
    ]


def test_an_owner_for_whom_nothing_waits_gets_no_digest(berlin: Office) -> None:
    berlin.flag("received_short")
    berlin.passes(hours=2)
    assert [message.owner for message in berlin.channel.taken] == ["operations"]


def test_finance_reads_what_was_credited(berlin: Office) -> None:
    pk = berlin.flag("fee_not_mapped")
    with berlin.ledger.begin() as conn:
        paid = posting(pk, created_at=berlin.clock())
        postings.insert_planned(conn, [paid])
        postings.mark_sent(conn, {paid.key: 1}, berlin.clock())
        postings.mark_confirmed(conn, {paid.key: "17"}, berlin.clock())
    berlin.passes(hours=2)
    (digest,) = berlin.channel.taken
    assert digest.items[-1].heading == "Credited since yesterday, by currency (credit memos): 120.00 GBP (1)"
