"""The process of the server: which request is which, and who may ask."""

from __future__ import annotations

import json
import re
import secrets
import socket
import sys
import threading
from pathlib import Path
from urllib.parse import unquote

from test.loopback.raw import RawServer
from test.loopback.serving import Request, Response, script_of

from .access import PROJECT, Access, Account
from .buckets import Buckets
from .objects import Objects
from .refusals import Refusal, invalid
from .state import Bucket, State
from .uploads import Uploads
from .xml_api import XmlApi

BATCH_MAXIMUM = 100  # "Batch requests"
_JSON = "/storage/v1/b"
_BOUNDARY = re.compile(r'boundary="?([^";]+)"?')
_ID = re.compile(rb"(?im)^content-id: *<?([^\r\n>]*)>?\r?$")


class Google:
    """The handler of all requests."""

    def __init__(self, accounts: dict[str, Account], token_life: float) -> None:
        self.state = State()
        self.access = Access(accounts, token_life)
        self._buckets, self._objects = Buckets(self.state), Objects(self.state)
        self._uploads, self._xml = Uploads(self.state), XmlApi(self.state)

    def early(self, request: Request) -> Response | None:
        """Every body is wanted."""
        return None

    def respond(self, request: Request) -> Response:
        """The response to a request, with the id that all of Google's have."""
        response = self._respond(request)
        response.headers["X-GUploader-UploadID"] = secrets.token_urlsafe(24)
        response.headers["Server"] = "UploadServer"
        return response

    def _respond(self, request: Request) -> Response:
        path = request.raw_path
        if path == "/token":
            return self.access.token(request)
        json_api = path.startswith(("/storage/", "/upload/", "/batch/", "/download/"))
        try:
            with self.state.lock:
                if not json_api:
                    return self._of_xml(request)
                self.access.check(request, public=self._is_public(request))
                return self._of_json(request)
        except Refusal as error:
            if request.method == "HEAD":
                return Response(error.status)
            return error.as_json() if json_api else error.as_xml()
        except (UnicodeDecodeError, KeyError, ValueError) as error:
            refusal = invalid(f"Parse Error: {error!r}")
            return refusal.as_json() if json_api else refusal.as_xml()

    def _of_xml(self, request: Request) -> Response:
        bucket, _, name = request.path.removeprefix("/").partition("/")
        found = self.state.buckets.get(bucket)
        reads = request.method in ("GET", "HEAD")
        self.access.check(request, public=reads and found is not None and found.public)
        _check_payer(request, found)
        return self._xml.respond(request, bucket, name)

    def _is_public(self, request: Request) -> bool:
        pieces = request.raw_path.removeprefix("/download").removeprefix(_JSON).split("/")
        found = self.state.buckets.get(unquote(pieces[1])) if len(pieces) > 2 else None
        return request.method == "GET" and found is not None and found.public

    def _of_json(self, request: Request) -> Response:
        path = request.raw_path.removeprefix("/download")  # as the document of the API's discovery has it, for media
        if path == "/batch/storage/v1":
            return self._batch(request)
        if path.startswith("/upload"):
            _check_payer(request, self.state.buckets.get(unquote(path.split("/")[5])))
            if request.method == "POST":
                return self._uploads.post(request, unquote(path.split("/")[5]))
            return self._uploads.put(request) if request.method == "PUT" else self._uploads.delete(request)
        pieces = [unquote(piece, errors="strict") for piece in path.removeprefix(_JSON).split("/")[1:]]
        if not pieces:
            return self._buckets.insert(request) if request.method == "POST" else self._buckets.list(request)
        _check_payer(request, self.state.buckets.get(pieces[0]))
        if len(pieces) == 1:
            return {"GET": self._buckets.get, "DELETE": self._buckets.delete}[request.method](request, pieces[0])
        if len(pieces) == 2:
            found = {"o": self._buckets.objects, "iam": self._buckets.grant}
            return found[pieces[1]](request, pieces[0])
        return self._of_object(request, pieces)

    def _of_object(self, request: Request, pieces: list[str]) -> Response:
        bucket, _, name, *further = pieces
        if further == ["compose"]:
            return self._objects.compose(request, bucket, name)
        if further and further[0] == "rewriteTo":
            return self._objects.rewrite(request, (bucket, name), (further[2], further[4]))
        methods = {"GET": self._objects.get, "PATCH": self._objects.patch, "DELETE": self._objects.delete}
        return methods[request.method](request, bucket, name)

    def _batch(self, request: Request) -> Response:
        """Up to 100 requests ("Batch requests"), each with an outcome of its own."""
        boundary = _BOUNDARY.search(request.header("content-type"))
        if boundary is None:
            raise invalid("Failed to parse batch request, error: no boundary.")
        _, *parts, _ = request.body.split(b"--" + boundary[1].encode())
        if len(parts) > BATCH_MAXIMUM:
            raise invalid(f"The batch request includes more than {BATCH_MAXIMUM} calls.")
        answers = b"".join(self._batched(request, part) for part in parts)
        mark = f"batch_{secrets.token_hex(8)}"
        body = answers.replace(b"--BOUNDARY\r\n", f"--{mark}\r\n".encode()) + f"--{mark}--\r\n".encode()
        return Response(200, {"Content-Type": f"multipart/mixed; boundary={mark}"}, body)

    def _batched(self, request: Request, part: bytes) -> bytes:
        envelope, _, inner = part.strip(b"\r\n").partition(b"\r\n\r\n")
        method, target, *_ = inner.partition(b"\r\n")[0].decode("latin-1").split(" ")
        asked = Request(method, target, _outer(request), request.connection)
        try:
            if not asked.raw_path.startswith(_JSON):
                raise invalid("Only calls of the JSON API that move no content can be batched.")
            response = self._of_json(asked)
        except Refusal as error:
            response = error.as_json()
        found = _ID.search(envelope)
        lines = ["--BOUNDARY", "Content-Type: application/http"]
        lines += [f"Content-ID: <response-{found[1].decode('latin-1')}>"] if found else []
        lines += ["", f"HTTP/1.1 {response.status} -"]
        lines += [f"{name}: {value}" for name, value in response.headers.items()]
        lines += [f"Content-Length: {len(response.body)}", "", ""]
        return "\r\n".join(lines).encode("latin-1") + response.body + b"\r\n"


def _check_payer(request: Request, bucket: Bucket | None) -> None:
    """Refuse who names nobody that pays ("Requester Pays"); the words are Google's, as users report them."""
    named = request.header("x-goog-user-project") or request.query.get("userProject")
    if bucket and bucket.requester_pays and not named:
        text = "Bucket is requester pays bucket but no user project provided."
        raise Refusal(400, "required", text, "UserProjectMissing")


def _outer(request: Request) -> dict[str, str]:
    """The headers that a batch gives to all its requests ("Batch requests")."""
    return {name: value for name, value in request.headers.items() if not name.startswith("content-")}


def main() -> None:
    """Serve on the descriptor that the first argument names; write where the keys are to the file of the second."""
    listener = socket.socket(fileno=int(sys.argv[1]))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    accounts = {name: Account(name) for name in ("member", "stranger")}
    handler = Google(accounts, float(sys.argv[3]))
    keys = {name: account.key_file(url) for name, account in accounts.items()}
    RawServer(listener, script_of(handler)).start()
    place = Path(sys.argv[2])
    place.with_suffix(".part").write_text(json.dumps({"project": PROJECT, "keys": keys}))
    place.with_suffix(".part").rename(place)
    threading.Event().wait()


if __name__ == "__main__":
    main()
