from webapp.domain.sync.version_diff import Difference, find_differences, is_personal


def test_a_body_against_itself_differs_in_nothing():
    body = {"orderItems": [{"orderItemId": "1", "quantityOrdered": 2}], "programs": ["PRIME"]}

    assert find_differences(body, body) == []


def test_members_are_compared_by_their_ids_not_by_their_places():
    before = {"orderItems": [{"orderItemId": "1", "quantityOrdered": 2}]}
    after = {"orderItems": [{"orderItemId": "0", "quantityOrdered": 1}, {"orderItemId": "1", "quantityOrdered": 2}]}

    assert find_differences(before, after) == [
        Difference("orderItems.0.orderItemId", None, "0", False),
        Difference("orderItems.0.quantityOrdered", None, 1, False),
    ]


def test_what_may_speak_of_a_person_is_marked_and_so_is_what_nobody_knows():
    before = {"buyer": {"buyerName": "A"}, "fulfillment": {"fulfillmentStatus": "PENDING"}}
    after = {
        "buyer": {"buyerName": "B"},
        "fulfillment": {"fulfillmentStatus": "UNSHIPPED"},
        "orderItems": [{"orderItemId": "1", "fulfillment": {"packing": {"giftOption": {"giftMessage": "C"}}}}],
        "somethingNew": "D",
    }

    personal = {found.path: found.personal for found in find_differences(before, after)}

    assert personal == {
        "buyer.buyerName": True,
        "fulfillment.fulfillmentStatus": False,
        "orderItems.1.fulfillment.packing.giftOption.giftMessage": True,
        "orderItems.1.orderItemId": False,
        "somethingNew": True,
    }


def test_the_reason_a_buyer_gave_for_cancelling_is_personal():
    path = ("orderItems", "9000000001", "cancellation", "cancellationRequest", "cancelReason")
    assert is_personal(path)
    assert not is_personal((*path[:-1], "requester"))
