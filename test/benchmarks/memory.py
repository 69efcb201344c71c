"""How much memory the clients grow by in a large transfer: `python -m test.benchmarks.memory`."""

from __future__ import annotations

import json
import os
import sys
import tempfile

from test.benchmarks.measuring import MIB, growth
from test.servers import start_seaweedfs, start_swift

PROGRAM = """
import io, json, sys
from obs_client import ClientOptions, S3Client, SwiftClient
way, path, size, keys = sys.argv[1], sys.argv[2], int(sys.argv[3]), json.loads(sys.argv[4])
options = ClientOptions(part_size=16 * 1024 * 1024, workers=4)
given = {"container_name": "memory", "credentials": keys, "options": options}
client = S3Client(endpoint_url=sys.argv[5], **given) if len(sys.argv) > 5 else SwiftClient(**given)
client.container_create("memory")
client.object_write("warm", bytes(100_000))
client.object_read("warm")

class Nowhere(io.RawIOBase):
    def writable(self): return True
    def write(self, data): return len(data)

class Zeros(io.RawIOBase):
    left = size
    def readable(self): return True
    def readinto(self, buffer):
        count = min(len(buffer), self.left)
        self.left -= count
        return count

list_ways = {
    "file to store": lambda: client.upload_file(path, "file"),
    "store to file": lambda: client.download_file("file", path + ".back"),
    "stream to store": lambda: client.object_upload(Zeros(), "stream"),
    "store to stream": lambda: client.object_download("file", Nowhere()),
}
start()
list_ways[way]()
"""

GOALS = {
    "file to store": 2 * 4 * 0.5 + 8,
    "store to file": 2 * 4 * 0.25 + 8,
    "stream to store": 5 * 16 + 32,
    "store to stream": 5 * 16 + 32,
}


def main(size: int = 256 * MIB) -> None:
    """Print each way's growth in MiB and its goal, on both stores."""
    with start_swift() as swift, start_seaweedfs() as s3, tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "file")
        with open(path, "wb") as file:
            for _ in range(size // MIB):
                file.write(os.urandom(MIB))
        reach = {
            "Swift": [json.dumps(dict(swift.credentials))],
            "S3": [json.dumps(dict(s3.s3_credentials)), s3.endpoint_url],
        }
        for store, arguments in reach.items():
            for way, goal in GOALS.items():
                grown, _ = growth(PROGRAM, way, path, str(size), *arguments)
                sys.stdout.write(f"{store:5} {way:16} {size // MIB} MiB: {grown:6.1f} MiB (goal at most {goal:.0f})\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main()
