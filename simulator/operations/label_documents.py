"""The documents of labels: a PDF of one page, or ZPL, as Amazon sends them: compressed, in base64, with a checksum."""

import base64
import gzip
import hashlib
from typing import Any

# Points: 4 x 6 inches.
WIDTH, HEIGHT = 288, 432
FILE_TYPES = {"PDF": "application/pdf", "ZPL203": "application/zpl", "ZPL300": "application/zpl"}


def build_label(
    label_format: str, order_id: str, tracking_number: str, service: dict[str, Any], address: dict[str, Any]
) -> dict[str, Any]:
    """Return Amazon's Label object."""
    lines = [
        str(service["CarrierName"]),
        str(service["ShippingServiceName"]),
        "",
        *(str(address[name]) for name in ("name", "addressLine1", "addressLine2") if address.get(name)),
        f"{address.get('postalCode', '')} {address.get('city', '')}",
        str(address.get("countryCode", "")),
        "",
        tracking_number,
        order_id,
        "SAMPLE - NOT A REAL LABEL",
    ]
    document = build_pdf(lines) if label_format == "PDF" else build_zpl(lines, tracking_number)
    contents = base64.b64encode(gzip.compress(document, mtime=0)).decode()
    checksum = base64.b64encode(hashlib.md5(document, usedforsecurity=False).digest()).decode()
    return {
        "Dimensions": {"Length": 6.0, "Width": 4.0, "Unit": "inches"},
        "FileContents": {"Contents": contents, "FileType": FILE_TYPES[label_format], "Checksum": checksum},
        "LabelFormat": label_format,
    }


def build_zpl(lines: list[str], tracking_number: str) -> bytes:
    fields = [f"^FO40,{40 + 45 * place}^A0N,32,32^FD{escape_zpl(line)}^FS" for place, line in enumerate(lines) if line]
    barcode = f"^FO40,640^BY3^BCN,160,Y,N,N^FD{tracking_number}^FS"
    return "\n".join(("^XA", "^CI28", *fields, barcode, "^XZ", "")).encode()


def escape_zpl(text: str) -> str:
    return text.replace("^", " ").replace("~", " ")


def build_pdf(lines: list[str]) -> bytes:
    """Return a page with the lines, in one of the fonts every reader has."""
    drawn = [f"/F1 {16 if place == 0 else 11} Tf ({escape_pdf(line)}) Tj T*" for place, line in enumerate(lines)]
    text = "\n".join(["BT 16 TL 24 390 Td", *drawn, "ET", f"12 12 {WIDTH - 24} {HEIGHT - 24} re S"]).encode("latin-1")
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {WIDTH} {HEIGHT}] /Contents 4 0 R "
        "/Resources << /Font << /F1 5 0 R >> >> >>".encode(),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    )
    document, offsets = bytearray(b"%PDF-1.4\n"), []
    for number, content in enumerate(objects, 1):
        offsets.append(len(document))
        document += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = len(document)
    document += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    document += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    document += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(document)


def escape_pdf(text: str) -> str:
    """Escape what has a meaning in a PDF string; letters that the font lacks become question marks."""
    text = text.encode("latin-1", "replace").decode("latin-1")
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
