"""Recognise a feed of ours among those Amazon lists, after the answer to createFeed was lost.

Amazon does not say which document a listed feed was made of. So a feed is compared by what Amazon does say: when and
for which marketplaces it was made, how many records its report counts, and which orders its report names.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.domain.amazon.errors import InvalidResponse, ResourceNotFound
from webapp.domain.amazon.gateway import AmazonGateway
from webapp.domain.amazon.types import Feed as AmazonFeed
from webapp.domain.amazon.types import FeedReport
from webapp.models.submissions import Feed
from webapp.services.submissions import handlers as submission_handlers

# Where Amazon did not say when it had the document, our own clock is taken, and the two may differ.
SKEW = timedelta(minutes=2)
# How far the clocks of Amazon's own servers may differ.
EARLY = timedelta(seconds=5)
# createFeed is waited for and repeated for a shorter time than this after the document was laid down.
LATE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A feed that may be ours. `report` is None while it has not ended, or where Amazon has no readable one."""

    feed: AmazonFeed
    report: FeedReport | None


def earliest(feed: Feed, now: datetime) -> datetime:
    """The time, on Amazon's clock, before which the feed was certainly not made."""
    if feed.uploaded_at is not None:
        return feed.uploaded_at - EARLY
    return min(feed.sending_at or feed.created_at, now) - SKEW


def possible(feed: Feed, listed: Iterable[AmazonFeed]) -> list[AmazonFeed]:
    """Those made at the time and for the marketplaces of ours."""
    return [there for there in listed if _in_time(feed, there) and _same_marketplaces(feed, there)]


def unknown(session: Session, account_id: int, listed: Sequence[AmazonFeed]) -> list[AmazonFeed]:
    """Those that are not known to be another feed of ours."""
    ids = [there.feed_id for there in listed]
    others = select(Feed.amazon_feed_id).where(Feed.account_id == account_id, Feed.amazon_feed_id.in_(ids))
    known = set(session.scalars(others))
    return [there for there in listed if there.feed_id not in known]


def examine(port: AmazonGateway, listed: Iterable[AmazonFeed]) -> list[Candidate]:
    """Fetch the reports of those that have ended. Calls Amazon."""
    return [Candidate(there, _report(port, there)) for there in listed]


def fits(session: Session, feed: Feed, candidate: Candidate) -> bool:
    """Whether its report is one of the document of `feed`: as many records, and no order that is not in it."""
    report = candidate.report
    if report is None or feed.records is None or report.processed != feed.records:
        return False
    numbers = {submission.amazon_order.number for submission in feed.submissions}
    if any(message.number is not None and message.number not in numbers for message in report.messages):
        return False
    return submission_handlers.get(feed.submissions[0].kind).recognises(session, feed.submissions, report)


def _in_time(feed: Feed, there: AmazonFeed) -> bool:
    return feed.uploaded_at is None or there.created_at is None or there.created_at <= feed.uploaded_at + LATE


def _same_marketplaces(feed: Feed, there: AmazonFeed) -> bool:
    if not feed.marketplace_ids or not there.marketplace_ids:
        return True
    return set(feed.marketplace_ids) == set(there.marketplace_ids)


def _report(port: AmazonGateway, there: AmazonFeed) -> FeedReport | None:
    if not there.ended or not there.result_document_id:
        return None
    try:
        return port.feed_report(there)
    except (ResourceNotFound, InvalidResponse):
        # It may be readable at the next look; as it is, it shows nothing.
        return None
