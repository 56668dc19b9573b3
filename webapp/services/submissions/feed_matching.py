"""Find our feed among those Amazon lists, after the response to createFeed was lost.

Amazon does not say which document a listed feed was created from. So feeds are compared by when and for which
marketplaces they were created, how many records their report counts, and which orders their report names.
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
from webapp.domain.submissions import state_machine as submission_states
from webapp.models.submissions import Feed
from webapp.services.submissions import handlers as submission_handlers

# Difference between our clock and Amazon's, used if the time of the upload at Amazon is unknown.
CLOCK_TOLERANCE = timedelta(minutes=2)
# Difference between the clocks of Amazon's servers.
AMAZON_CLOCK_TOLERANCE = timedelta(seconds=5)
# createFeed is called within this time after the document was uploaded, including its retries.
MAX_CREATION_DELAY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A feed that may be ours. `report` is None while it has not ended, or if Amazon has no readable report."""

    feed: AmazonFeed
    report: FeedReport | None


def get_earliest_creation(feed: Feed, now: datetime) -> datetime:
    """Return the time, on Amazon's clock, before which the feed was certainly not created."""
    if feed.uploaded_at is not None:
        return feed.uploaded_at - AMAZON_CLOCK_TOLERANCE
    return min(feed.sending_at or feed.created_at, now) - CLOCK_TOLERANCE


def filter_possible(feed: Feed, listed: Iterable[AmazonFeed]) -> list[AmazonFeed]:
    """Return the feeds created at the time and for the marketplaces of ours."""
    return [
        amazon_feed
        for amazon_feed in listed
        if _is_in_time(feed, amazon_feed) and _has_same_marketplaces(feed, amazon_feed)
    ]


def filter_unknown(session: Session, account_id: int, listed: Sequence[AmazonFeed]) -> list[AmazonFeed]:
    """Return the feeds that are not known to be another feed of ours."""
    ids = [amazon_feed.feed_id for amazon_feed in listed]
    known_feeds = select(Feed.amazon_feed_id).where(
        # An unknown one was only listed for a person; it may still be found to be ours.
        Feed.account_id == account_id,
        Feed.amazon_feed_id.in_(ids),
        Feed.state != submission_states.UNKNOWN_FEED,
    )
    known_ids = set(session.scalars(known_feeds))
    return [amazon_feed for amazon_feed in listed if amazon_feed.feed_id not in known_ids]


def list_lost(session: Session, account_id: int, feed_type: str) -> list[Feed]:
    """List our feeds of a type that were sent without an answer of Amazon that names them."""
    lost = select(Feed).where(
        Feed.account_id == account_id,
        Feed.feed_type == feed_type,
        Feed.sending_at.is_not(None),
        Feed.amazon_feed_id.is_(None),
    )
    return list(session.scalars(lost))


def load_reports(gateway: AmazonGateway, listed: Iterable[AmazonFeed]) -> list[Candidate]:
    """Load the reports of the feeds that have ended. Calls Amazon."""
    return [Candidate(amazon_feed, _load_report(gateway, amazon_feed)) for amazon_feed in listed]


def matches(session: Session, feed: Feed, candidate: Candidate) -> bool:
    """Return whether its report fits the document of `feed`: the same number of records, and no other order."""
    report = candidate.report
    if report is None or feed.records is None or report.processed != feed.records:
        return False
    numbers = {submission.amazon_order.number for submission in feed.submissions}
    if any(message.number is not None and message.number not in numbers for message in report.messages):
        return False
    return submission_handlers.get(feed.submissions[0].kind).report_matches(session, feed.submissions, report)


def _is_in_time(feed: Feed, amazon_feed: AmazonFeed) -> bool:
    return (
        feed.uploaded_at is None
        or amazon_feed.created_at is None
        or amazon_feed.created_at <= feed.uploaded_at + MAX_CREATION_DELAY
    )


def _has_same_marketplaces(feed: Feed, amazon_feed: AmazonFeed) -> bool:
    if not feed.marketplace_ids or not amazon_feed.marketplace_ids:
        return True
    return set(feed.marketplace_ids) == set(amazon_feed.marketplace_ids)


def _load_report(gateway: AmazonGateway, amazon_feed: AmazonFeed) -> FeedReport | None:
    if not amazon_feed.ended or not amazon_feed.result_document_id:
        return None
    try:
        return gateway.feed_report(amazon_feed)
    except (ResourceNotFound, InvalidResponse):
        # It may be readable at the next attempt.
        return None
