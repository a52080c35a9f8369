"""Runs PostgreSQL, which refuses to run as root, where Waymark itself runs as root (containers, build machines).

`python -m infra.embedded.unprivileged USER COMMAND…` becomes USER and then the command. Where USER cannot reach the
command or its data because a folder above them is closed (a checkout under root's home, a temporary folder), no
folder is opened for it: the one capability that lets a process pass through closed folders goes along instead.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import stat
import sys
from pathlib import Path

_USERS = ("postgres", "nobody")
"""Who may own an embedded PostgreSQL started by root, in this order; no user is made up on the machine."""

_PR_SET_KEEPCAPS = 8
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_CAP_DAC_OVERRIDE = 1
_CAP_VERSION_3 = 0x20080522
_WRONG_USE = 2


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Sets(ctypes.Structure):
    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


def is_root() -> bool:
    """Say whether this process runs as root."""
    return os.geteuid() == 0


def server_user() -> pwd.struct_passwd:
    """Return the user an embedded PostgreSQL runs as where Waymark is root.

    Raises:
        LookupError: if the machine has neither of the users that may.
    """
    for name in _USERS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise LookupError(
        "Waymark runs as root, PostgreSQL will not, and this machine has neither a user postgres nor a user nobody. "
        "Run Waymark as an ordinary user, or set WAYMARK_DATABASE_URL to a PostgreSQL of your own.",
    )


def owned_by_server_user(path: Path) -> None:
    """Give a folder and all in it to the server's user."""
    user = server_user()
    os.chown(path, user.pw_uid, user.pw_gid)
    for folder, folders, files in os.walk(path):
        for name in (*folders, *files):
            os.chown(Path(folder, name), user.pw_uid, user.pw_gid, follow_symlinks=False)


def as_server_user(command: list[str]) -> list[str]:
    """Return the command that runs `command` as the server's user; the same command where Waymark is not root."""
    if not is_root():
        return command
    return [sys.executable, "-I", str(Path(__file__).resolve()), server_user().pw_name, *command]


def may_reach(user: pwd.struct_passwd, path: Path) -> bool:
    """Say whether the user may pass through every folder above the path."""
    for folder in path.parents:
        found = folder.stat()
        if found.st_uid == user.pw_uid:
            passes = found.st_mode & stat.S_IXUSR
        elif found.st_gid == user.pw_gid:
            passes = found.st_mode & stat.S_IXGRP
        else:
            passes = found.st_mode & stat.S_IXOTH
        if not passes:
            return False
    return True


def _keep_way_through_folders() -> None:
    """Keep the capability to pass closed folders over the change of user and the exec (Linux only).

    Failing is no error: where all folders are open, PostgreSQL starts without it, and says so where they are not.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    bit = 1 << _CAP_DAC_OVERRIDE
    sets = (_Sets * 2)(_Sets(bit, bit, bit), _Sets(0, 0, 0))
    if libc.capset(ctypes.byref(_Header(_CAP_VERSION_3, 0)), ctypes.byref(sets)) == 0:
        libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_OVERRIDE, 0, 0)


def become(user: pwd.struct_passwd, command: list[str]) -> None:
    """Turn this process into `command`, run by `user`; returns only by an error.

    The capability is no more than this process had, and the database's role cannot use it: it is no superuser.
    """
    is_shut_out = not all(may_reach(user, Path(word)) for word in command if word.startswith("/"))
    if is_shut_out and sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    if is_shut_out and sys.platform == "linux":
        _keep_way_through_folders()
    os.execv(command[0], command)  # noqa: S606 - becoming the command is the purpose


if __name__ == "__main__":
    if len(sys.argv) <= _WRONG_USE:
        sys.exit("usage: python -m infra.embedded.unprivileged USER COMMAND…")
    become(pwd.getpwnam(sys.argv[1]), sys.argv[2:])
