"""Where bars, lines and labels stand."""

from datetime import date, timedelta

from webapp.domain.common.money import Money
from webapp.web.charts import HEIGHT, LEFT, TOP, WIDTH, Chart, build_revenue_chart, build_sparkline


def chart_of(*minors: int) -> Chart:
    chart = build_revenue_chart([(date(2026, 7, 1) + timedelta(days=n), Money(m, "EUR")) for n, m in enumerate(minors)])
    assert chart is not None
    return chart


def test_nothing_sold_makes_no_chart() -> None:
    assert build_revenue_chart([]) is None
    assert build_revenue_chart([(date(2026, 7, 1), Money(0, "EUR"))]) is None


def test_the_grid_has_round_steps_that_reach_over_the_highest_day() -> None:
    for highest, ticks in [
        (1, [0, 1]),
        (4321, [0, 1000, 2000, 3000, 4000, 5000]),
        (5000, [0, 1000, 2000, 3000, 4000, 5000]),
        (5001, [0, 2000, 4000, 6000]),
        (99_999_999_999, [0, 20_000_000_000, 40_000_000_000, 60_000_000_000, 80_000_000_000, 100_000_000_000]),
    ]:
        assert [tick.value.minor for tick in chart_of(highest).ticks] == ticks, (highest, ticks)


def test_bars_stand_on_the_base_line_and_are_as_high_as_their_days() -> None:
    low, high = chart_of(1000, 2000).bars
    assert high.height == 2 * low.height
    assert {bar.y + bar.height for bar in (low, high)} == {chart_of(1000, 2000).bottom}


def test_every_bar_stays_inside() -> None:
    for days in [1, 7, 30, 365]:
        chart = chart_of(*range(1, days + 1))
        assert len(chart.bars) == days, days
        assert all(bar.x >= LEFT and bar.x + bar.width <= WIDTH and TOP <= bar.y <= HEIGHT for bar in chart.bars), days


def test_the_last_day_has_its_label_and_labels_do_not_crowd() -> None:
    for days, labelled in [(7, 7), (30, 8), (365, 8)]:
        bars = chart_of(*[100] * days).bars
        assert bars[-1].labelled, (days, labelled)
        assert sum(bar.labelled for bar in bars) == labelled, (days, labelled)


def test_a_day_of_more_refunds_than_sales_has_no_bar() -> None:
    assert chart_of(-500, 1000).bars[0].height == 0


def test_a_sparkline_needs_two_points_and_touches_top_and_bottom() -> None:
    assert build_sparkline([]) == build_sparkline([5]) == ""
    assert build_sparkline([0, 5, 10], width=102, height=24) == "1.0,22.0 51.0,12.0 101.0,2.0"
    assert build_sparkline([0, 0], width=102, height=24) == "1.0,22.0 101.0,22.0"
