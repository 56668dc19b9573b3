"""A short run of the fault suite, and that its judge notices what must never happen."""

from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from tests.faults.suite import report
from tests.faults.suite.installation import Installation
from tests.faults.suite.judge import OVERDUE, Judge
from tests.faults.suite.run import Recovery, Result, run
from tests.faults.suite.seller import Request, Seller
from tests.support.factories import NOW, an_account, an_order
from tests.support.mailboxes import Mailbox
from tests.support.postgres import Unavailable
from tests.support.simulator_server import AmazonServer
from webapp import create_app
from webapp.core.extensions import db
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.bulk_actions import BulkAction
from webapp.models.submissions import Submission
from webapp.runtime import migrate
from webapp.services.sync.importing.import_page import import_page

pytestmark = pytest.mark.only_sqlite


@pytest.mark.processes
@pytest.mark.slow
def test_a_short_run_on_sqlite_has_no_violations() -> None:
    check_run("sqlite", 5, ("process killed", "all processes killed", "Redis emptied", "Amazon fails"))


@pytest.mark.processes
@pytest.mark.slow
@pytest.mark.postgresql
def test_a_short_run_on_postgresql_has_no_violations() -> None:
    check_run("postgresql", 2, ("PostgreSQL crashed", "one of two desks killed"))


def check_run(database: str, steps: int, names: tuple[str, ...]) -> None:
    try:
        result = run(7, database=database, steps=steps, names=names)
    except Unavailable as reason:
        pytest.skip(f"no PostgreSQL: {reason}")
    assert result.violations == []
    assert sum(map(len, result.recoveries.values())) == steps
    assert result.effects > 0


@pytest.fixture
def judge(tmp_path: Path, amazon: AmazonServer) -> Judge:
    """A judge of an installation that does not run and has one order."""
    installation = Installation(tmp_path, amazon.url, Mailbox(port=25))
    app = create_app(installation.settings)
    migrate.upgrade(app)
    with app.app_context():
        with Session(db.engine) as session:
            account = an_account(session)
            import_page(session, account.id, [an_order(1)], now=NOW, actor="test")
            session.commit()
        db.engine.dispose()
    return Judge(installation, amazon.world, installation.mailbox)


def judge_with(judge: Judge, *numbers: str, requests: tuple[Request, ...] = ()) -> list[str]:
    judge.judge(Seller(judge.installation, judge.world, numbers=list(numbers), requests=list(requests)))
    return judge.violations


def test_what_is_right_is_no_violation(judge: Judge) -> None:
    assert judge_with(judge, an_order(1).number) == []


def test_an_order_and_a_request_that_are_missing_are_lost(judge: Judge) -> None:
    request = Request("refund", an_order(1).number)
    assert judge_with(judge, "028-0000000-0000000", requests=(request,)) == [
        "lost: order 028-0000000-0000000",
        f"lost: accepted {request}",
    ]


@pytest.mark.parametrize("effect", ["shipment", "cancellation", "refund"])
def test_an_effect_that_amazon_has_twice_is_doubled(judge: Judge, effect: str) -> None:
    number = an_order(1).number
    for _ in range(2):
        judge.world.record_effect(
            effect, actor="MERCHANT", channel="confirmShipment", order_id=number, edited=False, order_item_id="1"
        )
    assert judge_with(judge, number) == [f"doubled: {effect} of {number}"]


def test_a_mail_that_a_buyer_has_twice_is_doubled(judge: Judge) -> None:
    for subject in ("Order 100001", "Order 100001", "Order 100002"):
        mail = EmailMessage()
        mail["To"], mail["Subject"] = "buyer@marketplace.example", subject
        judge.mailbox.taken.append(mail)
    assert judge_with(judge, an_order(1).number) == ["doubled: mail 'Order 100001'"]


def test_what_waits_for_no_person_is_stuck(judge: Judge) -> None:
    with Session(create_engine(judge.installation.settings.database)) as session:
        id_, at = session.scalars(select(AmazonOrder.id)).one(), judge.installation.now()
        times = {"requested_at": at, "undo_until": at, "changed_at": at}
        overdue = {"accepted": at - 2 * OVERDUE, "queued": at, "conflict": at}
        for state, due_at in (*overdue.items(), ("accepted", at)):
            session.add(
                Submission(
                    kind="refund",
                    account_id=1,
                    amazon_order_id=id_,
                    subject=f"{state} {due_at}",
                    state=state,
                    open=True,
                    requested_by="test",
                    due_at=due_at,
                    **times,
                )
            )
        session.add(BulkAction(kind="hold", subject="orders", state="running", args={}, actor="test", created_at=at))
        session.commit()
    assert [text.split(",")[0] for text in judge_with(judge, an_order(1).number)] == [
        "stuck: submission 1 (refund) is accepted",
        "stuck: submission 2 (refund) is queued",
        "stuck: bulk action 1 is running",
    ]


def test_what_is_sent_during_a_fence_is_a_violation(judge: Judge) -> None:
    before = judge.count_sent()
    judge.judge_fence(before)
    assert judge.violations == []
    judge.world.call_counts["createFeed"] += 2
    judge.mailbox.taken.append(EmailMessage())
    judge.judge_fence(before)
    assert judge.violations == ["sent during the fence: createFeed, 2 times", "sent during the fence: mail, 1 times"]


def test_a_number_that_stood_for_another_order_is_shared(judge: Judge) -> None:
    judge.given_out["orders", "100001"] = "another"
    assert judge_with(judge) == [f"shared number: orders 100001 is of {an_order(1).number} and was of another"]


def test_the_figures_replace_those_of_the_same_database(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(report.PAGE.read_text())
    for steps in (1, 2):
        report.write(Result(5, "sqlite", steps=steps, recoveries={"power cut": [Recovery(2, 3), Recovery(4, 6)]}), page)
    text = page.read_text()
    assert "seed 5: 2 steps" in text
    assert "seed 5: 1 steps" not in text
    assert "| power cut | 2 | 3.0 s, at most 4.0 s | 4.5 s, at most 6.0 s |" in text
    assert text.startswith(report.PAGE.read_text().partition("<!--")[0])
