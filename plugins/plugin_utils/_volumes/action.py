# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the action plugins about volumes share: how they find a member, and how they tell a failure. Private."""

from __future__ import annotations

import typing as t

from ansible.plugins.action import ActionBase
from ansible_collections.drover.docker.plugins.plugin_utils._channel.way import NoWay
from ansible_collections.drover.docker.plugins.plugin_utils._output.messages import (
    Message,
    shown,
)
from ansible_collections.drover.docker.plugins.plugin_utils._output.screen import message
from ansible_collections.drover.docker.plugins.plugin_utils._run import pass_file, run_files
from ansible_collections.drover.docker.plugins.plugin_utils._run.hosts import (
    docker_hosts,
    settings,
)
from ansible_collections.drover.docker.plugins.plugin_utils._run.record_key import record_key

from .failures import Failed, Refused

Json = dict[str, t.Any]
Found = t.TypeVar("Found")
Done = tuple[Json, list[Message]]
"""What a task returns, and what it tells."""


class VolumeAction(ActionBase):
    """Runs on the controller. The hosts have been looked at before."""

    TRANSFERS_FILES = False
    _requires_connection = False

    def find(self, finder: t.Callable[..., Found], args: Json, variables: Json) -> Found:
        """Return the member that the arguments name, as the records have it. C(finder): of target.py."""
        key = record_key(variables, self._templar.template)
        seen = pass_file.observations(docker_hosts(variables))
        chosen = settings(variables)
        return finder(seen, args["service"], args["index"], settings=chosen, key=key)


def attempt(work: t.Callable[[], Done], failed: t.Callable[[str], Message]) -> Done:
    """Do the work; what it tells is stored for the task that shows it, which fails if the work did.

    C(failed): the message of a failure. What is refused is told as it is, and all of it.
    """
    data: Json = {}
    failure = ""
    try:
        data, told = work()
    except Refused as refused:
        told = [Message("error", problem) for problem in refused.problems]
        failure = message(str(refused))
    except (Failed, NoWay, OSError) as error:
        told = [failed(str(error))]
        failure = message(str(error))
    run_files.save("shown", shown(told, failure))
    return data, told
