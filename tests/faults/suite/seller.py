"""A seller at work: orders arrive; they are shipped, cancelled, refunded and written about on the product's pages."""

import random
import re
from collections import Counter
from dataclasses import dataclass, field
from html import unescape

import httpx
from sqlalchemy import select

from simulator.operations.world import World
from tests.faults.suite.installation import Installation
from webapp.models.amazon_orders import AmazonOrder
from webapp.models.orders import Order
from webapp.models.submissions import Submission

COUNTRIES = ("DE", "FR")


@dataclass(frozen=True)
class Request:
    """A change that the seller asked for and the product accepted."""

    kind: str
    number: str


@dataclass
class Seller:
    """`numbers`: orders at Amazon. `requests`: what was accepted since the last restored backup.

    Each order is acted on once, whether the click was accepted or not, so that an effect that Amazon has twice is the
    product's doing. `resent`: how often a refund was sent again because the seller did not find it at Amazon.
    """

    installation: Installation
    world: World
    numbers: list[str] = field(default_factory=list)
    handled: set[str] = field(default_factory=set)
    requests: list[Request] = field(default_factory=list)
    clicks: Counter[str] = field(default_factory=Counter)
    resent: Counter[str] = field(default_factory=Counter)
    cookie: str = ""
    serial: int = 0

    def place_orders(self, chance: random.Random, count: int) -> None:
        """Let buyers order."""
        for _ in range(count):
            status = chance.choice(["UNSHIPPED", "SHIPPED"])
            self.numbers.append(self.world.place(chance.choice(COUNTRIES), status=status))

    def list_open(self) -> dict[str, tuple[int, str, str]]:
        """Return the imported orders that were not acted on: id, our number and status by Amazon's number."""
        columns = (AmazonOrder.number, Order.id, Order.number, AmazonOrder.status)
        rows = self.installation.read(select(*columns).join(AmazonOrder, Order.amazon_order_id == AmazonOrder.id))
        return {number: (id_, ours, status) for number, id_, ours, status in rows if number not in self.handled}

    def work(self, chance: random.Random, orders: dict[str, tuple[int, str, str]], count: int) -> None:
        """Act on some of these orders, whatever happens to the product meanwhile."""
        chosen = chance.sample(sorted(orders), min(count, len(orders)))
        while chosen:
            number = chosen.pop()
            _, ours, status = orders[number]
            self.handled.add(number)
            if status == "SHIPPED":
                kind = chance.choice(["refund", "refund", "mail"])
            else:
                kind = chance.choice(["ship", "ship", "cancel", "bulk", "mail"])
            numbers = [number]
            try:
                if kind == "refund":
                    accepted = self._refund(ours)
                elif kind == "ship":
                    accepted = self._ship(ours)
                elif kind == "mail":
                    accepted = self._write(ours)
                elif kind == "cancel":
                    accepted = self._cancel(number)
                else:
                    while chosen and orders[chosen[-1]][2] == "UNSHIPPED" and len(numbers) < 3:
                        numbers.append(chosen.pop())
                    self.handled.update(numbers)
                    accepted = self._cancel_all([orders[each][0] for each in numbers])
            except httpx.TransportError:
                accepted = False
            self.clicks["accepted" if accepted else "failed"] += 1
            if accepted:
                self.requests += [Request("cancel" if kind == "bulk" else kind, each) for each in numbers]

    def place_shipped(self) -> str:
        """Let a buyer order something that is shipped already; return Amazon's number."""
        number = self.world.place("DE", status="SHIPPED")
        self.numbers.append(number)
        return number

    def request(self, kind: str, number: str) -> bool:
        """Refund an imported order, or write to its buyer; return whether the product accepted it."""
        _, ours, _ = self.list_open()[number]
        self.handled.add(number)
        accepted = {"refund": self._refund, "mail": self._write}[kind](ours)
        self.clicks["accepted" if accepted else "failed"] += 1
        if accepted:
            self.requests.append(Request(kind, number))
        return accepted

    def decide_unconfirmed(self) -> None:
        """Look at Amazon for each refund whose outcome the product does not know, and enter it."""
        unconfirmed = (
            select(Submission.id, AmazonOrder.number)
            .join(AmazonOrder, Submission.amazon_order_id == AmazonOrder.id)
            .where(Submission.kind == "refund", Submission.state == "unproved")
        )
        for id_, number in self.installation.read(unconfirmed):
            arrived = bool(self.world.effects("refund", number))
            if self._post("/submissions", f"/submissions/{id_}/{'arrival' if arrived else 'resends'}") and not arrived:
                self.resent[number] += 1

    def release_fence(self) -> bool:
        return self._post("/fence", "/fence/release")

    # --- clicks

    def _refund(self, ours: str) -> bool:
        path = f"/orders/{ours}/credit-memos"
        return self._post(f"{path}/new", path, {"way": "amazon", "reason": "CustomerReturn"}, to="/credit-memos/")

    def _ship(self, ours: str) -> bool:
        path = f"/orders/{ours}/shipments"
        self.serial += 1
        number = {"parcels-0-tracking_number": f"JJD0146{self.serial:07d}", "parcels-0-carrier": "dhl"}
        return self._post(f"{path}/new", path, number, to="/shipments/")

    def _write(self, ours: str) -> bool:
        path = f"/orders/{ours}/mails"
        return self._post(f"{path}/new?what=free", path, {"subject": f"Order {ours}", "body": "Thank you."})

    def _cancel(self, number: str) -> bool:
        path = f"/amazon-orders/{number}/cancellations"
        return self._post(f"{path}/new", path, {"reason": "NoInventory"})

    def _cancel_all(self, ids: list[int]) -> bool:
        drafted = self._send("/orders", "/grids/orders/selections", {"kind": "cancel", "id": [str(id_) for id_ in ids]})
        location = drafted.headers.get("location", "")
        return location.startswith("/bulk/") and self._post(location, f"{location}/starts", {"reason": "NoInventory"})

    def _post(self, page: str, path: str, more: dict[str, str] | None = None, *, to: str = "/") -> bool:
        response = self._send(page, path, more or {})
        location = response.headers.get("location", "")
        return response.status_code == 303 and location.startswith(to) and not location.startswith("/sign-in")

    def _send(self, page: str, path: str, more: dict[str, object]) -> httpx.Response:
        """Open a page and send its form. Raises httpx.TransportError."""
        running = self.installation.running
        if running is None:
            raise httpx.ConnectError("the product is stopped")
        cookies = {f"channeldesk-{port}": self.cookie for port in (0, running.port)}
        with httpx.Client(base_url=f"http://127.0.0.1:{running.port}", cookies=cookies, timeout=30) as browser:
            form = read_inputs(browser.get(page).text)
            return browser.post(path, data=form | more)


def read_inputs(page: str) -> dict[str, str]:
    """Return what the text inputs of a page would send."""
    values = {}
    for tag in re.findall(r"<input[^>]+>", page):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if attributes.get("type") not in {"checkbox", "radio"} and attributes.get("name"):
            values[attributes["name"]] = unescape(attributes.get("value", ""))
    return values
