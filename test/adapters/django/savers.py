"""Many that save a file under one name at once."""

from __future__ import annotations

import threading

from django.core.files.base import ContentFile

from obs_client.django import ObjectStorage


def assert_none_is_lost(storage: ObjectStorage, savers: int = 16) -> None:
    """Each has a name of its own, and its content is there."""
    names: list[str] = []
    start = threading.Barrier(savers)

    def save(number: int) -> None:
        start.wait()
        names.append(storage.save("same/name.txt", ContentFile(f"content {number}"), max_length=40))

    threads = [threading.Thread(target=save, args=[number]) for number in range(savers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(names)) == savers
    found = {storage.open(name).read() for name in names}
    assert found == {f"content {number}".encode() for number in range(savers)}
    assert max(map(len, names)) <= 40
