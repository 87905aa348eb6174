"""Whether a path is on a disk of this machine: SQLite's locks and shared memory do not work over a network."""

import re
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")
REMOTE = re.compile(
    r"(nfs\d?|cifs|smb\w*|9p|afs|ceph|lustre|glusterfs|ocfs2|gfs2|beegfs|fuse\.(sshfs|glusterfs|ceph.*))"
)
ESCAPED = re.compile(r"\\([0-7]{3})")


def remote_filesystem(path: Path, mounts: str) -> str | None:
    """Give the type of the network file system that holds `path`, None on a local one.

    `mounts` is the text of /proc/self/mountinfo (proc(5)); of mounts on one place the last one counts.
    """
    best, found = -1, ""
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        fields = before.split(" ")
        if len(fields) < 5 or not after:
            continue
        place = Path(ESCAPED.sub(lambda match: chr(int(match[1], 8)), fields[4]))
        if path.is_relative_to(place) and len(place.parts) >= best:
            best, found = len(place.parts), after.split(" ", 1)[0]
    return found if REMOTE.fullmatch(found) else None
