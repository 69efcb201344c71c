"""URLs by which others can get and put an object for a time."""

from __future__ import annotations

import functools
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from email.message import Message

from obs_client.client import ObjectStorageClient
from obs_client.errors import ConfigurationError, InvalidNameError, NotSupportedError
from obs_client.testing.base import ConformanceBase
from obs_client.testing.odd_names import ODD_NAMES
from obs_client.testing.promise import promise

TIMEOUT = 30.0
EXPIRED_SECONDS = 3.0
"""By then a URL for one second must have ended, clocks of other machines included."""

URL_TERMS: dict[str, Callable[[ObjectStorageClient], object]] = {
    "download_url_content_type": lambda client: client.object_generate_download_url("a", content_type="text/x"),
    "download_url_content_disposition": lambda client: client.object_generate_download_url(
        "a", content_disposition="inline"
    ),
    "upload_url_content_type": lambda client: client.object_generate_upload_url("a", content_type="text/x"),
    "upload_url_content_disposition": lambda client: client.object_generate_upload_url(
        "a", content_disposition="inline"
    ),
    "upload_url_size": lambda client: client.object_generate_upload_url("a", size=7),
}
"""What needs each of the capabilities of signed URLs."""


class SignedUrlTests(ConformanceBase):
    """What is promised of signed URLs."""

    def require_signing(self, capability: str) -> None:
        """Skip a test of what the store does not declare, or of a client that was given nothing to sign with."""
        if not getattr(self.capabilities, capability):
            self.skipTest(f"capabilities.{capability} is False")
        generate = {
            "download_urls": self.client.object_generate_download_url,
            "upload_urls": self.client.object_generate_upload_url,
        }[capability]
        try:
            generate(self.name("object"))
        except ConfigurationError as error:
            self.skipTest(f"there is nothing to sign with: {error}")

    def assert_refused(self, call: Callable[[], object], what: str | None = None) -> None:
        """The server answers with an error."""
        with self.assertRaises(urllib.error.HTTPError, msg=what):
            call()

    @promise("Anybody can GET an object by its download URL, whatever its name and size, or the URL is refused typed.")
    def test_download_url(self) -> None:
        self.require_signing("download_urls")
        names = {text: text.encode() for text in ODD_NAMES}

        def check(text: str) -> None:
            if self.takes_no(self.base_prefix + text):
                return
            self.put(text, names[text])
            try:
                url = self.client.object_generate_download_url(self.name(text), expires_in_seconds=300)
            except InvalidNameError:
                # Swift signs no name that is nothing but slashes.
                if self.keeps_everything or text.strip("/"):
                    raise
                return
            self.assertEqual(fetch(url), names[text])

        self.each(names, check)
        url = self.client.object_generate_download_url(self.put("large", self.large()))
        self.assertTrue(fetch(url) == self.large())

    @promise("Anybody can PUT an object by its upload URL, with the headers that capabilities names for it.")
    def test_upload_url(self) -> None:
        self.require_signing("upload_urls")
        for text in ("plain", "with space/é?#%20", "a//b"):
            if self.takes_no(self.base_prefix + text):
                continue
            url = self.client.object_generate_upload_url(self.name(text), expires_in_seconds=300)
            self.assertEqual(url.headers, {**url.headers, **dict(self.capabilities.upload_url_headers)})
            send(url, b"by anybody", url.headers)
            self.assertEqual(self.client.object_read(self.name(text)), b"by anybody")

    @promise("The response to a download URL has the content type and the disposition that it was made with.")
    def test_download_url_terms(self) -> None:
        self.require_signing("download_urls")
        name, wanted = self.put("object"), {}
        if self.capabilities.download_url_content_type:
            wanted["content_type"] = "text/x-own; charset=utf-8"
        if self.capabilities.download_url_content_disposition:
            wanted["content_disposition"] = 'attachment; filename="a report.txt"'
        if not wanted:
            self.skipTest("capabilities declares no terms of download URLs")
        url = self.client.object_generate_download_url(name, **wanted)  # type: ignore[arg-type]
        headers, _ = ask(url)
        if "content_type" in wanted:
            self.assertEqual(headers["Content-Type"], wanted["content_type"])
        if "content_disposition" in wanted:  # which some stores write in their own way
            self.assertEqual(
                (headers.get_content_disposition(), headers.get_filename()), ("attachment", "a report.txt")
            )

    @promise("A PUT to an upload URL must have the content type, disposition and size that it was made for.")
    def test_upload_url_terms(self) -> None:
        self.require_signing("upload_urls")
        terms = {"content_type": "text/x-own", "content_disposition": "inline", "size": 7}
        wanted = {term: value for term, value in terms.items() if getattr(self.capabilities, f"upload_url_{term}")}
        if not wanted:
            self.skipTest("capabilities declares no terms of upload URLs")
        name = self.name("object")
        url = self.client.object_generate_upload_url(name, **wanted)  # type: ignore[arg-type]
        for term in wanted:
            wrong = dict(url.headers)
            if term != "size":
                wrong[term.replace("_", "-").title()] = "attachment" if term == "content_disposition" else "text/other"
            content = b"a longer one" if term == "size" else b"content"
            self.assert_refused(functools.partial(send, url, content, wrong), term)
        send(url, b"content", url.headers)
        info = self.info(name)
        self.assertEqual(info.size, 7)
        for term in wanted.keys() - {"size"}:
            self.assertEqual(getattr(info, term), wanted[term])

    @promise("Terms of signed URLs that capabilities does not declare raise NotSupportedError before any request.")
    def test_url_terms_undeclared(self) -> None:
        found, client = self.capabilities, self.recording_client()
        undeclared = [capability for capability in URL_TERMS if not getattr(found, capability)]
        if not undeclared:
            self.skipTest("capabilities declares all of them")
        for capability in undeclared:
            for each in (client, self.client):
                with self.assertRaises(NotSupportedError, msg=capability):
                    URL_TERMS[capability](each)
        self.assertEqual(client.calls, [])

    @promise("A content type, disposition or size of a signed URL that is none is refused before any request.")
    def test_impossible_url_terms(self) -> None:
        client = self.recording_client()
        for generate in (
            client.object_generate_download_url,
            client.object_generate_upload_url,
            self.client.object_generate_upload_url,
        ):
            for term in ("content_type", "content_disposition"):
                with self.assertRaises(InvalidNameError):
                    generate("a", **{term: "a\nb"})  # type: ignore[arg-type]
                with self.assertRaises(TypeError):
                    generate("a", **{term: 7})  # type: ignore[arg-type]
        with self.assertRaises(ValueError):
            client.object_generate_upload_url("a", size=-1)
        self.assertEqual(client.calls, [])

    @promise("A download URL is for this object and for reading only.")
    def test_url_is_bound(self) -> None:
        self.require_signing("download_urls")
        first, _ = self.put("first", b"first"), self.put("other", b"other")
        url = self.client.object_generate_download_url(first, expires_in_seconds=300)
        for request in (
            urllib.request.Request(url, b"overwritten", method="PUT"),  # noqa: S310
            urllib.request.Request(url, method="DELETE"),  # noqa: S310
            urllib.request.Request(url.replace("first", "other")),  # noqa: S310
        ):
            self.assert_refused(functools.partial(ask, request))
        self.assertEqual(self.client.object_read(first), b"first")

    @promise("A signed URL ends after the seconds that were asked for.")
    def test_url_expires(self) -> None:
        self.require_signing("download_urls")
        url = self.client.object_generate_download_url(self.put("object"), expires_in_seconds=1)
        deadline = time.monotonic() + EXPIRED_SECONDS

        def fetch_until_then() -> None:
            while time.monotonic() < deadline:
                fetch(url)
                time.sleep(0.2)

        self.assert_refused(fetch_until_then)

    @promise("Signed URLs that capabilities does not declare raise NotSupportedError.")
    def test_urls_undeclared(self) -> None:
        declared = self.capabilities
        if declared.download_urls and declared.upload_urls:
            self.skipTest("capabilities declares both")
        name = self.put("object")
        if not declared.download_urls:
            with self.assertRaises(NotSupportedError):
                self.client.object_generate_download_url(name)
        if not declared.upload_urls:
            with self.assertRaises(NotSupportedError):
                self.client.object_generate_upload_url(name)

    @promise("A life of a signed URL that is none is refused before any request: TypeError or ValueError.")
    def test_impossible_life(self) -> None:
        client = self.recording_client()
        for generate in (client.object_generate_download_url, client.object_generate_upload_url):
            for seconds in (0, -1):
                with self.assertRaises(ValueError):
                    generate(self.name("object"), expires_in_seconds=seconds)
            for wrong in ("60", 1.5):
                with self.assertRaises(TypeError):
                    generate(self.name("object"), expires_in_seconds=wrong)  # type: ignore[arg-type]
        self.assertEqual(client.calls, [], "requests were made")


def send(url: str, data: bytes, headers: Mapping[str, str]) -> None:
    """PUT something as anybody."""
    request = urllib.request.Request(url, data, method="PUT")  # noqa: S310 - the store's own URL
    for header, value in {"Content-Type": "application/octet-stream", **headers}.items():
        request.add_header(header, value)
    ask(request)


def fetch(url: str) -> bytes:
    """What anybody gets by a URL."""
    return ask(url)[1]


def ask(request: str | urllib.request.Request) -> tuple[Message, bytes]:
    """The headers and the body of a response; nothing stays open, whatever it is, and whoever catches its error."""
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310 - the store's own URL
            return answer.headers, bytes(answer.read())
    except urllib.error.HTTPError as error:
        error.close()
        raise
