"""Report schedules, by the client against the simulator."""

from datetime import timedelta

import pytest

from simulator.operations.world import World
from simulator.state.sellers import DEMO_EU
from webapp.amazon.gateway import Amazon
from webapp.domain.amazon.errors import InvalidRequest, ResourceNotFound
from webapp.domain.common.marketplaces import BY_COUNTRY

TYPE = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL"
EUROPE = [BY_COUNTRY[country].id for country in DEMO_EU.countries]


def test_a_schedule_is_created_read_replaced_and_cancelled(amazon: Amazon, world: World) -> None:
    at = (world.now() + timedelta(hours=1)).replace(microsecond=0)
    replaced = amazon.schedule_report(TYPE, EUROPE, "P1D")
    schedule_id = amazon.schedule_report(TYPE, EUROPE, "PT12H", at)

    (schedule,) = amazon.find_report_schedules(TYPE)

    assert schedule == amazon.report_schedule(schedule_id)
    assert (schedule.schedule_id, schedule.report_type, schedule.period) == (schedule_id, TYPE, "PT12H")
    assert (schedule.next_at, set(schedule.marketplace_ids)) == (at, set(EUROPE))
    with pytest.raises(ResourceNotFound):
        amazon.report_schedule(replaced)
    amazon.cancel_report_schedule(schedule_id)
    assert amazon.find_report_schedules(TYPE) == ()


def test_the_reports_of_a_schedule_are_found(amazon: Amazon, world: World) -> None:
    amazon.schedule_report(TYPE, EUROPE, "PT5M")
    began = world.now()
    world.place("DE")
    world.clock.move(301)
    (report,) = amazon.find_reports(TYPE, began)
    assert amazon.report_document(report).startswith("amazon-order-id")


def test_a_period_that_amazon_does_not_have_is_refused(amazon: Amazon) -> None:
    with pytest.raises(InvalidRequest):
        amazon.schedule_report(TYPE, EUROPE, "P4D")
