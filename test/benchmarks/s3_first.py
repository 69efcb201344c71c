"""The first object of a fresh process, by S3Client and others: `python -m test.benchmarks.s3_speed first`."""

from __future__ import annotations

import importlib.util
import os
import statistics
import subprocess
import sys
import tempfile
import textwrap

from test.benchmarks import s3_stub
from test.benchmarks.measuring import record

FIRST = {
    "S3Client": """
        from obs_client import S3Client
        keys = {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret"}
        client = S3Client("benchmark", region="us-east-1", endpoint_url=url, credentials=keys)
        read = client.object_read("a")
        """,
    "boto3": """
        import boto3
        client = boto3.client("s3", region_name="us-east-1", endpoint_url=url, aws_access_key_id="id",
                              aws_secret_access_key="secret")
        read = client.get_object(Bucket="benchmark", Key="a")["Body"].read()
        """,
    "minio": """
        from minio import Minio
        client = Minio(url.partition("//")[2], "id", "secret", region="us-east-1", secure=False)
        read = client.get_object("benchmark", "a").read()
        """,
    "obstore": """
        import obstore
        from obstore.store import S3Store
        store = S3Store("benchmark", endpoint=url, region="us-east-1", access_key_id="id", secret_access_key="secret",
                        client_options={"allow_http": True}, virtual_hosted_style_request=False)
        read = obstore.get(store, "a").bytes()
        """,
}
"""Programs that read one object, by each library; those that are not installed are left out."""


def first(rounds: int = 15) -> None:
    """The first object of a fresh process: import, client and read, with keys and endpoint given.

    `pip install minio obstore` into the environment, or into a folder that PYTHONPATH names, lets these take part.
    Byte code is kept, as an installed package has it: PYTHONDONTWRITEBYTECODE would measure Python's compiler.
    """
    installed = {name: body for name, body in FIRST.items() if name == "S3Client" or importlib.util.find_spec(name)}
    with s3_stub.running() as url, tempfile.TemporaryDirectory() as kept:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment["PYTHONPYCACHEPREFIX"] = kept
        seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in installed}
        for number in range(rounds + 1):
            for name, body in installed.items():
                taken = _run_first(body, url, environment)
                if number:  # in the first round byte code is made
                    seconds[name].append(taken)
        medians = {name: [statistics.median(each) for each in zip(*taken, strict=True)]
                   for name, taken in seconds.items()}  # fmt: skip
    for name, (wall, cpu) in medians.items():
        ratios = wall / medians["boto3"][0], cpu / medians["boto3"][1]
        record(f"first read by {name}", wall=ratios[0], cpu=ratios[1])
        print(f"first read by {name:10} wall {ratios[0]:5.2f} x   CPU {ratios[1]:5.2f} x of boto3's   "
              f"({wall * 1e3:.0f} ms, CPU {cpu * 1e3:.0f} ms)", flush=True)  # fmt: skip
    print("goal for S3Client: 0.22 x of boto3's, which is 60 ms where boto3 takes 272", flush=True)


def _run_first(body: str, url: str, environment: dict[str, str]) -> tuple[float, float]:
    """Wall and CPU seconds of a program in a process of its own, from after the start of Python."""
    program = (
        "import resource, sys, time\nbegun, url = time.perf_counter(), sys.argv[1]\n"
        + textwrap.dedent(body)
        + "\nassert len(read) == 4096\nused = resource.getrusage(resource.RUSAGE_SELF)\n"
        "print(time.perf_counter() - begun, used.ru_utime + used.ru_stime)\n"
    )
    command = [sys.executable, "-c", program, url]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    wall, cpu = map(float, done.stdout.split())
    return wall, cpu
