from tests.project import order_states_page


def test_the_page_of_order_states_says_what_the_table_says():
    assert order_states_page.PAGE.read_text() == order_states_page.render()
