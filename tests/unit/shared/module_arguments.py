# Copyright: (c) 2026, drover.docker contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module's arguments as ansible-core hands them over."""

from __future__ import annotations

import contextlib
import json
import typing as t

from ansible.module_utils import basic

Json = dict[str, t.Any]


@contextlib.contextmanager
def arguments(values: Json) -> t.Iterator[None]:
    """The module's arguments, as the installed ansible-core hands them over."""
    try:
        from ansible.module_utils.testing import patch_module_args
    except ImportError:  # before 2.19
        basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": values}).encode()
        yield
        basic._ANSIBLE_ARGS = None
    else:
        with patch_module_args(values):
            yield
