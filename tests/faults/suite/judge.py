"""What must never happen, decided by the simulator's ledger and the database."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import select

from simulator.operations import adjustments
from simulator.operations.world import World
from tests.faults.suite.installation import Installation
from tests.faults.suite.seller import Request, Seller
from tests.support.mailboxes import Mailbox
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.bulk_actions import BulkAction
from webapp.models.documents import CreditMemo, Invoice
from webapp.models.mails import Mail
from webapp.models.orders import Order
from webapp.models.shipments import Shipment
from webapp.models.submissions import Submission

OVERDUE = timedelta(seconds=60)
# Calls that change something at Amazon.
SENDING = ("createFeed", "confirmShipment", "cancelOrder")
KINDS = {"refund": "refund", "ship": "shipment", "cancel": "cancellation"}


@dataclass
class Judge:
    """`given_out`: which order each document number stood for, in every database there was."""

    installation: Installation
    world: World
    mailbox: Mailbox
    given_out: dict[tuple[str, str], str] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)

    def remember_numbers(self) -> None:
        """Compare the numbers of documents with those of earlier databases: before each restore, and at the end."""
        for model in (Order, Invoice, Shipment, CreditMemo):
            rows = select(model.number, AmazonOrder.number).select_from(model)
            rows = rows if model is Order else rows.join(Order, model.order_id == Order.id)
            rows = rows.join(AmazonOrder, Order.amazon_order_id == AmazonOrder.id)
            for number, amazon_number in self.installation.read(rows):
                earlier = self.given_out.setdefault((model.__tablename__, number), amazon_number)
                if earlier != amazon_number:
                    self.violations.append(
                        f"shared number: {model.__tablename__} {number} is of {amazon_number} and was of {earlier}"
                    )

    def list_imported(self) -> set[str]:
        return {number for (number,) in self.installation.read(select(AmazonOrder.number).join(Order))}

    def list_pending(self) -> list[str]:
        """Return what the product still has to do by itself."""
        now = self.installation.now()
        submissions = self.installation.read(
            select(Submission.id, Submission.kind, Submission.state, Submission.due_at).where(
                Submission.open, Submission.state != "conflict"
            )
        )
        mails = self.installation.read(select(Mail.id, Mail.state).where(Mail.state.in_(("queued", "sending"))))
        # What is accepted and not shown yet is looked for again at intervals.
        waits = {"accepted": now - OVERDUE}
        pending = [
            f"submission {id_} ({kind}) is {state}, due {due_at:%H:%M:%S} of {now:%H:%M:%S}"
            for id_, kind, state, due_at in submissions
            if state not in waits or due_at < waits[state]
        ]
        bulk_actions = self.installation.read(select(BulkAction.id).where(BulkAction.state == "running"))
        pending += [f"mail {id_} is {state}" for id_, state in mails]
        return pending + [f"bulk action {id_} is running" for (id_,) in bulk_actions]

    def judge(self, seller: Seller) -> None:
        """Add what went wrong to `violations`. Called when everything has ended."""
        self.judge_effects(seller)
        imported = self.list_imported()
        self.violations += [f"lost: order {number}" for number in seller.numbers if number not in imported]
        self.violations += [f"stuck: {text}" for text in self.list_pending()]
        self.violations += [f"lost: accepted {request}" for request in self._find_lost(seller.requests)]

    def judge_effects(self, seller: Seller) -> None:
        """Add what is wrong at any time: shared numbers, and what Amazon or a buyer received twice."""
        self.remember_numbers()
        lines = self._count_refund_lines()
        for number in seller.numbers:
            self._judge_effects(number, lines[number], 1 + seller.resent[number])
        subjects = Counter((mail["To"], mail["Subject"]) for mail in list(self.mailbox.taken))
        self.violations += [f"doubled: mail {subject!r}" for (_, subject), count in subjects.items() if count > 1]

    def count_sent(self) -> dict[str, int]:
        """Return how often something was sent: by each operation of Amazon's, and by mail."""
        return {**{name: self.world.call_counts[name] for name in SENDING}, "mail": len(self.mailbox.taken)}

    def judge_fence(self, before: dict[str, int]) -> None:
        """Add what was sent since `before`, which a fence had to prevent."""
        after = self.count_sent()
        self.violations += [
            f"sent during the fence: {name}, {after[name] - count} times"
            for name, count in before.items()
            if after[name] > count
        ]

    def _find_lost(self, requests: list[Request]) -> list[Request]:
        submitted = set(
            self.installation.read(
                select(Submission.kind, AmazonOrder.number).join(
                    AmazonOrder, Submission.amazon_order_id == AmazonOrder.id
                )
            )
        )
        mailed = {
            number
            for (number,) in self.installation.read(
                select(AmazonOrder.number).join(Order, Order.amazon_order_id == AmazonOrder.id).join(Mail)
            )
        }
        return [
            request
            for request in requests
            if (request.number not in mailed if request.kind == "mail" else False)
            or (request.kind in KINDS and (KINDS[request.kind], request.number) not in submitted)
        ]

    def _count_refund_lines(self) -> Counter[str]:
        """Count how often an order was sent to Amazon for a refund: its line that was sent most often.

        The ledger holds only refunds that were carried out, and the simulator refuses to refund more than was paid.
        """
        with self.world.lock:
            documents = [
                self.world.documents[feed["input"]]["text"].encode("latin-1")
                for feed in self.world.feeds.values()
                if feed["feedType"] == "POST_FLAT_FILE_PAYMENT_ADJUSTMENT_DATA"
            ]
        lines = Counter(
            (line["order-id"], line["order-item-id"])
            for document in documents
            for line in adjustments.parse_document(document)
        )
        most: Counter[str] = Counter()
        for (number, _), count in lines.items():
            most[number] = max(most[number], count)
        return most

    def _judge_effects(self, number: str, sent: int, allowed: int) -> None:
        if sent > allowed:
            self.violations.append(f"doubled: refund of {number} was sent {sent} times")
        refunded = Counter(entry["order_item_id"] for entry in self.world.effects("refund", number))
        if max(refunded.values(), default=0) > 1:
            self.violations.append(f"doubled: refund of {number}")
        shipped = [
            entry
            for entry in self.world.effects("shipment", number)
            if entry["channel"] == "confirmShipment" and not entry["edited"]
        ]
        if len(shipped) > 1:
            self.violations.append(f"doubled: shipment of {number}")
        if len(self.world.effects("cancellation", number)) > 1:
            self.violations.append(f"doubled: cancellation of {number}")
