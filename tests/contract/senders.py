"""How each kind of client writes a form: the headers, their order, the quoting of its parts.

The plain sequence of bytes is the point, so nothing here is shared with the service.
"""

from __future__ import annotations

from collections.abc import Mapping

from testkit.forms import Part, encode_form
from testkit.images import encode, gradient_image
from testkit.wire_client import raw_request

JPEG = encode(gradient_image())
HOST = "alpr.lan:32168"


def python_requests(
    path: str, field: str, image: bytes = JPEG, values: Mapping[str, str] | None = None
) -> bytes:
    """Python's requests with ``files={field: bytes}``: values first, the file named as its field
    and without a type."""
    boundary = "7a2b59b9cbd64a3f8f0e3c1d2b4a5968"
    parts = [Part(f'name="{name}"', value.encode()) for name, value in (values or {}).items()]
    body = encode_form([*parts, Part(f'name="{field}"; filename="{field}"', image)], boundary)
    headers = [
        ("Host", HOST),
        ("User-Agent", "python-requests/2.32.5"),
        ("Accept-Encoding", "gzip, deflate, br, zstd"),
        ("Accept", "*/*"),
        ("Connection", "keep-alive"),
        ("Content-Length", str(len(body))),
        ("Content-Type", f"multipart/form-data; boundary={boundary}"),
    ]
    return raw_request(f"POST {path} HTTP/1.1", headers, body)


def dotnet(
    path: str, values: Mapping[str, str], image: bytes = JPEG, expect: bool = False
) -> bytes:
    """.NET's HttpClient: a quoted boundary, names without quotes, the file's name said twice."""
    boundary = "5f0c1c0e-3c1e-4b7e-9a53-0a1a8b6d2f11"
    parts = [
        Part("name=image; filename=front.jpg; filename*=utf-8''front.jpg", image),
        *(
            Part(f"name={name}", value.encode(), "text/plain; charset=utf-8")
            for name, value in values.items()
        ),
    ]
    body = encode_form(parts, boundary)
    headers = [
        ("Content-Type", f'multipart/form-data; boundary="{boundary}"'),
        ("Host", HOST),
        ("Content-Length", str(len(body))),
        *([("Expect", "100-continue")] if expect else []),
    ]
    return raw_request(f"POST {path} HTTP/1.1", headers, body)


def browser(path: str, field: str, filename: str, values: Mapping[str, str]) -> bytes:
    """A page of another origin: FormData, the file first, many headers."""
    boundary = "----WebKitFormBoundaryQ0aBcDeFgHiJkLmN"
    parts = [
        Part(f'name="{field}"; filename="{filename}"', JPEG, "image/jpeg"),
        *(Part(f'name="{name}"', value.encode()) for name, value in values.items()),
    ]
    body = encode_form(parts, boundary)
    headers = [
        ("Host", HOST),
        ("Connection", "keep-alive"),
        ("Content-Length", str(len(body))),
        ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"),
        ("Content-Type", f"multipart/form-data; boundary={boundary}"),
        ("Accept", "*/*"),
        ("Origin", "http://explorer.lan:32168"),
        ("Referer", "http://explorer.lan:32168/"),
        ("Accept-Encoding", "gzip, deflate"),
        ("Accept-Language", "en-GB,en;q=0.9"),
    ]
    return raw_request(f"POST {path} HTTP/1.1", headers, body)


def chunks(body: bytes, size: int = 1000) -> bytes:
    """The body in HTTP's chunked coding."""
    pieces = [body[i : i + size] for i in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
