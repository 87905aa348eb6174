"""Whether a file of SQLite is in a good place: its locks do not work over a network, and it is nobody else's."""

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


def find_place_faults(path: Path) -> list[tuple[str, str]]:
    """Give what is wrong with where a file is, each with its remedy: on a network disk, or open to other users."""
    try:
        remote = remote_filesystem(path.resolve(), MOUNTS.read_text("utf-8", "replace"))
        faults = [(f"{path} is on {remote}", "Put it on a disk of this machine.")] if remote else []
        for place, forbidden, remedy in ((path.parent, 0o022, "chmod go-w"), (path, 0o077, "chmod 600")):
            mode = place.stat().st_mode & 0o777
            if mode & forbidden:
                faults.append((f"{place} is open to other users ({mode:o})", f"Run: {remedy} {place}"))
    except OSError as error:
        return [(f"{path} cannot be looked at ({error.strerror})", "Put it where this user may use it.")]
    return faults
