"""One PDF of the labels of many orders."""

import io
from collections.abc import Sequence

from pypdf import PdfReader, PdfWriter


def merge_pdfs(documents: Sequence[bytes]) -> bytes:
    """Return one PDF with the pages of all documents. Raises ValueError without documents."""
    if not documents:
        raise ValueError("A file of no labels cannot be printed.")
    writer = PdfWriter()
    for document in documents:
        for page in PdfReader(io.BytesIO(document)).pages:
            writer.add_page(page)
    output = io.BytesIO()
    writer.write(output)
    return output.getvalue()
