# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The common part of the modules that give a HAProxy its config. Private to the collection."""

from __future__ import annotations

import os
import typing as t

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ..._common.constants import OWNER
from ..._engine.client import Engine
from ..._engine.errors import EngineError, SdkMissing
from ..._lock.host_lock import HostBusy, host_lock
from .apply import NOTHING, Applied, apply, validate_only
from .desired import Desired
from .folders import Folders
from .target import ApplyError, Target, running_container

Done = t.TypeVar("Done")


class HaproxyModule(AnsibleModule):
    """A module with the options C(wait) and C(wait_timeout)."""

    def fail_json(self, msg: str, **result: t.Any) -> t.NoReturn:
        """End the module. In earlier versions C(wait) was a number of seconds; Ansible only says that it is no bool."""
        if msg.startswith("argument 'wait' is of type "):
            msg += "; give the seconds as wait_timeout, and wait as true or false"
        super().fail_json(msg, **result)
        raise AssertionError  # not reached


def call_locked(module: AnsibleModule, call: t.Callable[[], Done]) -> Done:
    """Run a call under the lock of the module's directory; an error ends the module.

    Args:
        module: A module with the option C(directory). Check mode makes no lock where there is none.
        call: Renders and applies.
    """
    directory = module.params["directory"]
    try:
        if module.check_mode and not os.path.exists(os.path.join(directory, "lock")):
            return call()
        with host_lock(directory, owner=OWNER):
            return call()
    except SdkMissing as error:
        module.fail_json(msg=missing_required_lib("docker"), exception=str(error))
        raise
    except (ValueError, ApplyError, EngineError, HostBusy) as error:
        module.fail_json(msg=str(error))
        raise


def apply_for(module: AnsibleModule, engine: Engine, desired: Desired) -> Applied:
    """Apply what the module's options want. Check mode has HAProxy check it all the same.

    Raises:
        ApplyError, EngineError: See C(apply).
    """
    params = module.params
    target = target_of(params)
    wait_s = params["wait_timeout"] if params["wait"] else 0
    done = apply(engine, target, desired, wait_s=wait_s, check_mode=module.check_mode)
    if module.check_mode and done.how != NOTHING and _can_validate(engine, target):
        validate_only(engine, target, desired)
    return done


def _can_validate(engine: Engine, target: Target) -> bool:
    """Whether check mode has what it needs: it makes no folder that stays, and an earlier task has pulled nothing."""
    if running_container(engine, target.container):
        return target.folders.as_they_should_be()
    parent = os.path.dirname(os.path.abspath(target.folders.base))
    return os.path.isdir(parent) and engine.image(target.image) is not None


def target_of(params: dict[str, t.Any]) -> Target:
    """The HAProxy of the options C(directory), C(container) and C(image)."""
    return Target(Folders(params["directory"]), params["container"] or "", params["image"] or "")
