import re

from tests.project import order_states_page
from webapp.core.queue import QUEUES


def test_the_page_of_order_states_matches_the_table():
    assert order_states_page.PAGE.read_text() == order_states_page.render()


def test_the_documentation_of_single_processes_names_every_queue():
    page = (order_states_page.PAGE.parent / "running.md").read_text()
    (named,) = re.findall(r"channeldesk worker sync +# one of each: (.+)", page)
    assert set(named.split(", ")) == set(QUEUES)
