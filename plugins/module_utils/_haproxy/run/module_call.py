# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The common part of the modules that give a HAProxy its config. Private to the collection."""

from __future__ import annotations

import typing as t

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ..._common.constants import OWNER
from ..._engine.errors import EngineError, SdkMissing
from ..._lock.host_lock import HostBusy, host_lock
from .folders import Folders
from .target import ApplyError, Target

Done = t.TypeVar("Done")


def call_locked(module: AnsibleModule, call: t.Callable[[], Done]) -> Done:
    """Run a call under the lock of the module's directory; an error ends the module.

    Args:
        module: A module with the option C(directory). Check mode takes no lock.
        call: Renders and applies.
    """
    try:
        if module.check_mode:
            return call()
        with host_lock(module.params["directory"], owner=OWNER):
            return call()
    except SdkMissing as error:
        module.fail_json(msg=missing_required_lib("docker"), exception=str(error))
        raise
    except (ValueError, ApplyError, EngineError, HostBusy) as error:
        module.fail_json(msg=str(error))
        raise


def target_of(params: dict[str, t.Any]) -> Target:
    """The HAProxy of the options C(directory), C(container) and C(image)."""
    return Target(Folders(params["directory"]), params["container"] or "", params["image"] or "")
