"""A customized order over HTTP: seen in the list, its file downloaded, its packing slip printed."""

import io
import re
import zipfile

import pytest
from pypdf import PdfReader

from tests.support.pages import fields, plain

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("job_queue")]


def test_a_customized_order_is_seen_downloaded_and_printed(owner_client, harness):
    number = harness.world.place("GB", lines=((0, 1),), features=("customized", "age_check"))
    other = harness.world.place("GB", lines=((1, 1),))
    harness.sync()
    harness.session.commit()

    found = plain(owner_client.get("/orders?handling=customized"))
    assert (number in found, other in found) == (True, False)

    page = owner_client.get(f"/amazon-orders/{number}?tab=items")
    (path,) = re.findall(r'action="(/amazon-orders/[^"]+customi[^"]+)"', page.text)
    download = owner_client.post(path, data=fields(page))
    with zipfile.ZipFile(io.BytesIO(download.data)) as archive:
        assert any(name.endswith(".svg") for name in archive.namelist())

    slip = owner_client.get("/orders/100001/packing-slip/pdf")
    text = " ".join(PdfReader(io.BytesIO(slip.data)).pages[0].extract_text().split())
    assert "Age check · Customized" in text
    assert "Made to the buyer's choice. See the order." in text
