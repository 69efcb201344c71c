"""One client in many threads, in a child process, and in a pickle."""

from __future__ import annotations

import functools
import gc
import os
import pickle
import random
import signal
import time
import unittest
import warnings
from collections.abc import Callable
from typing import Any

from obs_client.testing.base import ConformanceBase
from obs_client.testing.promise import promise
from obs_client.testing.together import run_together

THREADS = 8
TURNS = 25
FEWEST_TURNS = 8
SECONDS = 2.0
"""After these seconds the fewest turns are enough: the slower a store is, the more of its calls overlap."""

CHILD_SECONDS = 60.0


class SharingTests(ConformanceBase):
    """What is promised of sharing a client."""

    @promise("One client may be used by many threads: each gets the bytes of the object that it asked for.")
    def test_threads(self) -> None:
        contents = {self.put(f"object {number}", data): data for number, data in enumerate(self.thread_contents())}

        def hammer(seed: int) -> None:
            chance = random.Random(seed)  # noqa: S311 - repeats with its seed
            for turn in range(TURNS):
                if turn >= FEWEST_TURNS and time.monotonic() > deadline:
                    return
                name = chance.choice(list(contents))
                self.assertTrue(self.client.object_read(name) == contents[name], f"other bytes for {name}")
                own = self.put(f"own {seed} {turn}", contents[name], {"turn": f"{seed} {turn}"})
                self.assertTrue(self.client.object_read(own) == contents[name], f"other bytes for {own}")
                self.assertEqual(self.metadata(own), {"turn": f"{seed} {turn}"})

        deadline = time.monotonic() + SECONDS
        run_together(functools.partial(hammer, seed) for seed in range(THREADS))

    def thread_contents(self) -> list[bytes]:
        """Different contents, some of more than one part."""
        return [bytes([65 + number]) * (number * 1000) for number in range(6)] + [self.large(), self.large()[::-1]]

    def in_child(self, work: Callable[[], object]) -> None:
        """Do some work in a child made by fork; it must end well and in time."""
        if not hasattr(os, "fork"):
            self.skipTest("this system has no fork")
        with warnings.catch_warnings():
            # An open upload has threads; that a fork stands that is what is tested.
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if child == 0:
            _end_child(work)
        deadline = time.monotonic() + CHILD_SECONDS
        while time.monotonic() < deadline:
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                self.assertEqual(os.waitstatus_to_exitcode(status), 0, "the child failed; see its error output")
                return
            time.sleep(0.005)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        self.fail(f"the child did not end within {CHILD_SECONDS:.0f} s")

    @promise("After a fork the child can use the client, and so can the parent.")
    def test_fork(self) -> None:
        data = self.large()
        name, written = self.put("parent's", data), self.name("child's")

        def work() -> None:
            for _ in range(3):
                assert self.client.object_read(name) == data, "the child read other bytes"
                self.client.object_write(written, data[::-1])
                assert self.client.object_read(written) == data[::-1], "the child's object has other bytes"

        self.in_child(work)
        self.assertTrue(self.client.object_read(name) == data)

    @promise("A child process never aborts, publishes or deletes what its parent began to write.")
    def test_fork_with_open_upload(self) -> None:
        data = self.large()
        for half in (10, 2 * self.part_size + 5):
            name = self.name(f"object {half}")
            # In a list, so that the child can drop the last reference.
            files: list[Any] = [self.client.object_open(name, "wb")]
            files[0].write(data[:half])

            def work(files: list[Any] = files) -> None:
                files.clear()
                gc.collect()

            self.in_child(work)
            self.assertIsNone(self.client.object_info(name), "the child published it")
            files[0].write(data[half:])
            files[0].close()
            self.assertTrue(self.client.object_read(name) == data)

    @promise("After a fork the parent's open reader reads on, whatever the child does with its copy.")
    def test_fork_with_open_reader(self) -> None:
        data = self.large()
        files = [self.client.object_open(self.put("object", data))]
        head = files[0].read(10)

        def work() -> None:
            files[0].read(100)
            files.pop().close()

        self.in_child(work)
        with files[0] as file:
            self.assertTrue(head + file.read() == data)

    @promise("A pickled client carries its configuration and works, or raises a TypeError that says why.")
    def test_pickle(self) -> None:
        client = self.another_client()
        try:
            packed = pickle.dumps(client)
        except TypeError as error:
            self.assertGreater(len(str(error)), 20, "the error says too little")
            raise unittest.SkipTest(f"the client refuses to be pickled: {error}") from error
        copy = pickle.loads(packed)  # noqa: S301 - our own pickle
        self.addCleanup(copy.close)
        self.assertIs(type(copy), type(client))
        self.assertEqual((copy.container_name, copy.options), (client.container_name, client.options))
        self.assertEqual(copy.capabilities, client.capabilities)
        name = self.put("object", self.large())
        self.assertTrue(copy.object_read(name) == self.large())
        copy.object_write(name, b"by the copy")
        self.assertEqual(self.client.object_read(name), b"by the copy")

    @promise("A client that was closed can be used again; closing twice does no harm.")
    def test_close(self) -> None:
        client = self.another_client()
        with client as same:
            self.assertIs(same, client)
            client.object_write(self.name("object"), b"content")
        client.close()
        client.close()
        self.assertEqual(client.object_read(self.name("object")), b"content")

    @promise("Two clients of one store see the same objects.")
    def test_two_clients(self) -> None:
        first, second = self.another_client(), self.another_client()
        first.object_write(self.name("object"), self.large())
        self.assertTrue(second.object_read(self.name("object")) == self.large())
        second.object_delete(self.name("object"))
        self.assertIsNone(first.object_info(self.name("object")))


def _end_child(work: Callable[[], object]) -> None:
    """Do the child's work and end it without the parent's exit handlers."""
    code = 1
    try:
        work()
        code = 0
    except BaseException as error:  # noqa: BLE001 - the exit code and this line are all that leaves the child
        os.write(2, f"child: {type(error).__name__}: {error}\n".encode())
    finally:
        os._exit(code)
