"""Reports 2021-06-30 of the simulator, as an application sees them over HTTP."""

import gzip
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from simulator.operations.reports import add_period
from simulator.state.clock import format_iso

REPORTS = "/reports/2021-06-30/reports"
BY_DATE = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL"
BY_UPDATE = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL"


def create(application, report_type=BY_DATE, days=20, **body):
    content = {
        "reportType": report_type,
        "marketplaceIds": [marketplace.id for marketplace in application.seller.marketplaces],
        "dataStartTime": format_iso(datetime.now(UTC) - timedelta(days=days)),
        **body,
    }
    return application.post(REPORTS, json=content)


def report(application, created):
    return application.get(f"{REPORTS}/{created.json()['reportId']}").json()


def rows(application, done):
    document = application.get(f"/reports/2021-06-30/documents/{done['reportDocumentId']}").json()
    assert document["compressionAlgorithm"] == "GZIP"
    answer = httpx.get(document["url"])
    charset = answer.headers["content-type"].partition("charset=")[2]
    header, *lines = gzip.decompress(answer.content).decode(charset).split("\r\n")[:-1]
    return [dict(zip(header.split("\t"), line.split("\t"), strict=True)) for line in lines]


def test_a_report_has_a_line_for_each_item_of_each_order(amazon, application):
    numbers = [amazon.world.place("DE", lines=((0, 2), (1, 1))), amazon.world.place("PL", fulfilled_by="AMAZON")]

    lines = rows(application, report(application, create(application)))

    assert [line["amazon-order-id"] for line in lines][:2] == [numbers[0]] * 2
    assert {line["amazon-order-id"]: line["sales-channel"] for line in lines} == {
        numbers[0]: "Amazon.de",
        numbers[1]: "Amazon.pl",
    }
    assert [(line["quantity"], line["order-status"], line["item-status"]) for line in lines[:2]] == [
        ("2", "Unshipped", "Unshipped"),
        ("1", "Unshipped", "Unshipped"),
    ]


def test_the_lines_of_an_order_add_up_to_what_its_buyer_pays(amazon, application):
    number = amazon.world.place("DE", gift=True, discount=True)

    lines = rows(application, report(application, create(application)))

    paid = sum(
        float(line["item-price"])
        + float(line["shipping-price"] or 0)
        + float(line["gift-wrap-price"] or 0)
        - float(line["item-promotion-discount"] or 0)
        for line in lines
    )
    assert f"{paid:.2f}" == application.order(number)["proceeds"]["grandTotal"]["amount"]


def test_a_report_goes_through_the_queue(amazon, application):
    amazon.world.place("DE")
    amazon.world.report_seconds = 60
    created = create(application)

    statuses = []
    for _ in range(3):
        statuses.append(report(application, created)["processingStatus"])
        amazon.world.clock.move(31)

    assert statuses == ["IN_QUEUE", "IN_PROGRESS", "DONE"]


def test_a_report_without_data_is_cancelled(application):
    assert report(application, create(application))["processingStatus"] == "CANCELLED"


def test_a_report_in_the_queue_can_be_cancelled(amazon, application):
    amazon.world.report_seconds = 60
    created = create(application)

    assert application.delete(f"{REPORTS}/{created.json()['reportId']}").status_code == 200
    assert report(application, created)["processingStatus"] == "CANCELLED"
    assert application.delete(f"{REPORTS}/{created.json()['reportId']}").status_code == 400


def test_a_window_of_more_than_thirty_days_is_fatal(amazon, application):
    amazon.world.place("DE")

    done = report(application, create(application, days=32))

    assert (done["processingStatus"], "reportDocumentId" in done) == ("FATAL", False)


def test_changes_of_the_last_minutes_are_missing(amazon, application):
    amazon.world.report_lag = 900
    early = amazon.world.place("DE")
    amazon.world.clock.move(1000)
    amazon.world.place("DE")

    lines = rows(application, report(application, create(application, BY_UPDATE)))

    assert {line["amazon-order-id"] for line in lines} == {early}


@pytest.mark.parametrize("fault", ["report_fatal", "report_cancelled"])
def test_a_report_can_fail(amazon, application, fault):
    amazon.world.place("DE")
    amazon.world.faults.arm(fault)

    assert report(application, create(application))["processingStatus"] == fault.removeprefix("report_").upper()


def test_an_expired_url_is_refused(amazon, application):
    amazon.world.place("DE")
    done = report(application, create(application))
    url = application.get(f"/reports/2021-06-30/documents/{done['reportDocumentId']}").json()["url"]
    amazon.world.clock.move(301)

    assert httpx.get(url).status_code == 403


@pytest.mark.parametrize(
    "body", [{"reportType": "GET_NONE"}, {"marketplaceIds": []}, {"dataStartTime": "2200-01-01T00:00:00Z"}]
)
def test_invalid_requests_are_refused(application, body):
    assert create(application, **body).status_code == 400


def test_reports_are_listed_by_type(amazon, application):
    ids = [create(application, report_type).json()["reportId"] for report_type in (BY_DATE, BY_UPDATE, BY_DATE)]

    page = application.get(REPORTS, params={"reportTypes": BY_DATE, "pageSize": 1}).json()
    rest = application.get(REPORTS, params={"nextToken": page["nextToken"]}).json()

    assert [entry["reportId"] for entry in page["reports"] + rest["reports"]] == [ids[2], ids[0]]


SCHEDULES = "/reports/2021-06-30/schedules"


def schedule(application, period="P1D", **body):
    content = {
        "reportType": BY_UPDATE,
        "marketplaceIds": [marketplace.id for marketplace in application.seller.marketplaces],
        "period": period,
        **body,
    }
    return application.post(SCHEDULES, json=content)


def test_a_schedule_creates_a_report_in_each_period_about_the_time_since_the_last(amazon, application):
    created = schedule(application, "PT5M").json()["reportScheduleId"]
    number = amazon.world.place("DE")
    amazon.world.clock.move(601)
    reports = application.get(REPORTS, params={"reportTypes": BY_UPDATE}).json()["reports"]

    assert [entry["reportScheduleId"] for entry in reports] == [created, created]
    assert reports[1]["dataEndTime"] == reports[0]["dataStartTime"]
    assert [entry["processingStatus"] for entry in reports] == ["CANCELLED", "DONE"]
    assert {row["amazon-order-id"] for row in rows(application, reports[1])} == {number}
    next_time = application.get(f"{SCHEDULES}/{created}").json()["nextReportCreationTime"]
    assert next_time > format_iso(amazon.world.now())


def test_a_schedule_replaces_the_one_of_the_same_type_and_marketplaces(application):
    first, second = (schedule(application).json()["reportScheduleId"] for _ in range(2))
    one_country = {"marketplaceIds": [application.seller.marketplaces[0].id]}
    third = schedule(application, **one_country).json()["reportScheduleId"]

    listed = application.get(SCHEDULES, params={"reportTypes": BY_UPDATE}).json()["reportSchedules"]

    assert [entry["reportScheduleId"] for entry in listed] == [second, third]
    assert application.get(SCHEDULES, params={"reportTypes": BY_DATE}).json() == {"reportSchedules": []}
    assert application.get(f"{SCHEDULES}/{first}").status_code == 404


def test_a_cancelled_schedule_creates_no_report(amazon, application):
    created = schedule(application, "PT5M").json()["reportScheduleId"]
    assert application.delete(f"{SCHEDULES}/{created}").status_code == 200
    assert application.delete(f"{SCHEDULES}/{created}").status_code == 404
    amazon.world.clock.move(600)
    assert application.get(REPORTS, params={"reportTypes": BY_UPDATE}).json()["reports"] == []


def test_a_month_ends_on_its_last_day():
    assert add_period(datetime(2026, 1, 31, 5, tzinfo=UTC), "P1M") == datetime(2026, 2, 28, 5, tzinfo=UTC)
    assert add_period(datetime(2026, 12, 3, tzinfo=UTC), "P1M") == datetime(2027, 1, 3, tzinfo=UTC)


@pytest.mark.parametrize("body", [{"period": "P4D"}, {"reportType": "GET_NONE"}, {"nextReportCreationTime": "soon"}])
def test_invalid_schedules_are_refused(application, body):
    assert schedule(application, **body).status_code == 400
