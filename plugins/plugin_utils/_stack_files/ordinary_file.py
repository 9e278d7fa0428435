# Copyright: (c) 2026, drover.docker contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Open the files that a stack names, and no others. Controller only; private to the collection.

A stack's folder may come from somebody else, and git keeps symbolic links. So a link may lead to another file of the
folder, but never outside: what is read there would reach the hosts, or the screen.
"""

from __future__ import annotations

import os

from ansible_collections.drover.docker.plugins.module_utils._common.regular_files import (
    NotRegular,
    TooLarge,
    read_regular,
)
from ansible_collections.drover.docker.plugins.module_utils._model.problems import Invalid


def real_path(folder: str, name: str) -> str:
    """Return the path of a file in or below the folder, with all symbolic links followed.

    Raises:
        Invalid: a link leads outside of the folder.
    """
    top = os.path.realpath(folder)
    path = os.path.realpath(os.path.join(top, name))
    if os.path.commonpath([top, path]) != top:
        raise Invalid("is a symbolic link that leads outside of the stack's folder")
    return path


def read_ordinary(path: str, most: int) -> bytes:
    """Return the content of a file of up to C(most) bytes, with all links in its path followed already.

    Raises:
        Invalid: It is no regular file, is larger, or can't be read.
    """
    try:
        return read_regular(path, limit=most)
    except TooLarge:
        raise Invalid(f"is larger than {most // 2**20} MB") from None
    except NotRegular as error:
        raise Invalid(str(error.strerror)) from None
    except OSError as error:
        raise Invalid(f"can't be read: {error.strerror}") from None
