"""Containers on real servers."""

import pytest

from test.s3.running import KINDS, client, container
from test.servers.shared import Servers


@pytest.mark.parametrize("kind", KINDS)
def test_a_container_is_created_once(kind: str, servers: Servers) -> None:
    with client(servers.speaking_s3(kind)) as owner:
        name = container(owner)
        assert owner.container_create(name) is False
        assert name in [each.name for each in owner.container_list(prefix=name)]
        assert owner.container_delete(name)
        assert owner.container_info(name) is None
