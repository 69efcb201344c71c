"""Locks after a fork: free in the child, whoever held them in the parent."""

import gc
import multiprocessing
import threading
import weakref

import pytest

from obs_client._http.kit.fork import ForkLock, renew_in_children

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")


class Counted:
    def __init__(self) -> None:
        self.renewed = 0
        renew_in_children(self)

    def renew(self) -> None:
        self.renewed += 1


def test_a_lock_excludes_other_threads() -> None:
    lock, count = ForkLock(), 0

    def work() -> None:
        nonlocal count
        for _ in range(2000):
            with lock:
                before = count
                count = before + 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count == 8000


def test_a_child_finds_every_lock_free() -> None:
    lock, held, done = ForkLock(), threading.Event(), threading.Event()

    def hold() -> None:
        with lock:
            held.set()
            done.wait(30)

    def take() -> None:
        with lock, lock_of_child:
            pass

    lock_of_child = ForkLock()
    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(30)
    child = multiprocessing.get_context("fork").Process(target=take)
    child.start()
    child.join(30)
    try:
        assert child.exitcode == 0
    finally:
        done.set()
        thread.join()


def test_who_is_remembered_begins_anew_in_each_child_and_only_there() -> None:
    counted = Counted()

    def look() -> None:
        assert counted.renewed == 1

    for _ in range(2):
        child = multiprocessing.get_context("fork").Process(target=look)
        child.start()
        child.join(30)
        assert child.exitcode == 0
    assert counted.renewed == 0


def test_nobody_is_kept_alive() -> None:
    counted, lock = weakref.ref(Counted()), weakref.ref(ForkLock())
    gc.collect()
    assert (counted(), lock()) == (None, None)
