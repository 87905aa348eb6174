"""Verify a document too large to be held, and give its pieces from the bytes that were verified (security.md M-01).

The canonical form (XML-EXC-C14N) of a child depends on its ancestors' start tags and on nothing else. So each child
is canonicalized between them, the results are put together, digested and kept; afterwards each is read from there.
"""

import hmac
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import new as new_hash
from typing import BinaryIO

from idp.core.codes import Code
from idp.core.errors import ProtocolError
from idp.xml.cutting import Cut, Part, cut
from idp.xml.names import DS, MD
from idp.xml.octets import verify_octets
from idp.xml.parse import AGGREGATE, Element, Limits, canonical, elements_of, parse_piece
from idp.xml.signature import EnvelopedSignature, read_signature
from idp.xml.verify import remove_keeping_tail

LONGEST_PIECE = 4 * 1024 * 1024
"""Octets of one entity; eduGAIN's longest has a tenth of it."""

_LONGEST_HEAD = 64 * 1024
_GROUP = f"{{{MD.uri}}}EntitiesDescriptor"
_EXTENSIONS = f"{{{MD.uri}}}Extensions"
_SIGNATURE = f"{{{DS.uri}}}Signature"


@dataclass(frozen=True, slots=True)
class _Frame:
    """What a piece stands between: the start tags (with md:Extensions) of its ancestors, and their end tags."""

    before: bytes = b""
    after: bytes = b""

    def around(self, octets: bytes) -> bytes:
        return self.before + octets + self.after


@dataclass(frozen=True, slots=True)
class _Place:
    frame: _Frame
    start: int
    end: int


class Aggregate:
    """A document that was verified, or that is trusted by its place; its canonical bytes are in the given file."""

    def __init__(self, kept: BinaryIO, places: list[_Place], root: _Frame, *, is_group: bool) -> None:
        self._kept = kept
        self._places = places
        self._root = root
        self._is_group = is_group

    @property
    def root(self) -> Element:
        """The root with its attributes; of a group, with its md:Extensions and without its members."""
        return parse_piece(self._root.around(b"")) if self._is_group else next(self.members())

    def members(self) -> Iterator[Element]:
        """Give every child of a group that is none itself, one at a time, each below the groups it is in.

        The ancestors of an element have their attributes and their md:Extensions, and no other members.
        """
        for place in self._places:
            self._kept.seek(place.start)
            octets = self._kept.read(place.end - place.start)
            element = parse_piece(place.frame.around(octets))
            while element.tag == _GROUP:
                element = list(elements_of(element))[-1]
            yield element


def read_aggregate(
    stream: BinaryIO, kept: BinaryIO, public_keys_der: Iterable[bytes] | None, limits: Limits = AGGREGATE
) -> Aggregate:
    """Read metadata from `stream` into its canonical form in `kept`, an empty file open for writing and reading.

    With keys the root must be signed by one of them; None is for a document that is trusted by its place. Raises
    ProtocolError: SIGNATURE_INVALID, REQUEST_MALFORMED or REQUEST_TOO_LARGE.
    """
    keys = None if public_keys_der is None else tuple(public_keys_der)
    reader = _Reader(kept, keys)
    for piece in cut(stream, _GROUP, limits, LONGEST_PIECE):
        reader.take(piece)
    return reader.finish()


class _Reader:
    """Puts the canonical form together, cut by cut."""

    def __init__(self, kept: BinaryIO, keys: tuple[bytes, ...] | None) -> None:
        self._kept = kept
        self._keys = keys
        self._digest = new_hash("sha256")
        self._signature: EnvelopedSignature | None = None
        self._is_begun = False
        self._heads: list[Cut] = []
        self._raw = [_Frame()]
        self._frames = [_Frame()]
        self._root: _Frame | None = None
        self._places: list[_Place] = []

    def take(self, piece: Cut) -> None:
        if piece.part is Part.OPEN:
            self._raw.append(_joined(self._raw[-1], piece.octets, piece.end_tag))
            self._begin_or_wait(piece)
        elif piece.part is Part.CHILD:
            self._take_child(piece.octets)
        else:
            self._close(piece.octets)

    def finish(self) -> Aggregate:
        if self._keys is not None and self._signature is None:
            raise _invalid("it is not signed")
        if self._signature is not None and not hmac.compare_digest(self._digest.digest(), self._signature.digest_value):
            raise _invalid("the digest is of other bytes")
        self._kept.flush()
        return Aggregate(self._kept, self._places, self._root or _Frame(), is_group=self._root is not None)

    def _begin_or_wait(self, head: Cut) -> None:
        """Start tags before the first child wait: the signature, which comes first, says how they are written."""
        self._heads.append(head)
        if self._is_begun:
            self._open()

    def _open(self) -> None:
        for head in self._heads:
            outer, inner = self._frames[-1], self._raw[len(self._frames)]
            written = self._canonical(parse_piece(inner.around(b"")))
            before = written[: len(written) - len(head.end_tag + outer.after)]
            self._frames.append(_Frame(before, head.end_tag + outer.after))
            self._write(before[len(outer.before) :])
            self._check_head()
        self._heads = []

    def _take_child(self, octets: bytes) -> None:
        root = parse_piece(self._raw[-1].around(octets))
        if not self._is_begun:
            self._begin(root)
        frame = self._frames[-1]
        written = self._canonical(root)
        child = written[len(frame.before) : len(written) - len(frame.after)]
        element = root
        for _ in range(len(self._frames) - 1):
            element = next(reversed(list(elements_of(element))), element)
        start = self._kept.tell()
        self._write(child)
        if element.tag == _SIGNATURE:
            raise _invalid("a second signature, or one that is not where it belongs")
        if element.tag == _EXTENSIONS:
            self._frames[-1] = _Frame(frame.before + child, frame.after)
            self._raw[-1] = _Frame(self._raw[-1].before + octets, self._raw[-1].after)
            self._check_head()
        elif element.tag != _GROUP:
            self._places.append(_Place(frame, start, self._kept.tell()))
        if len(self._frames) == 2:
            self._root = self._frames[-1]

    def _begin(self, root: Element) -> None:
        first = next(elements_of(root), None)
        if self._keys is not None:
            if first is None or first.tag != _SIGNATURE:
                raise _invalid("it is not signed")
            self._verify(first, root.get("ID", ""), self._keys)
        if first is not None and first.tag == _SIGNATURE:
            remove_keeping_tail(first)
        self._is_begun = True
        self._open()

    def _verify(self, element: Element, root_id: str, keys: tuple[bytes, ...]) -> None:
        signature = read_signature(element, root_id, allow_sha1=False)
        signed = canonical(signature.signed_info, signature.signed_info_prefixes)
        verify_octets(signed, signature.method, signature.value, keys)
        self._signature = signature
        self._digest = new_hash(signature.digest_name)

    def _close(self, octets: bytes) -> None:
        """Write the end tag of a group, and the text behind it as a part of the group around."""
        if not self._is_begun:
            raise ProtocolError(Code.REQUEST_MALFORMED, "a group of nobody")
        frame, outer = self._frames.pop(), self._frames[-1]
        self._raw.pop()
        self._write(frame.after[: len(frame.after) - len(outer.after)])
        if len(self._frames) > 1:
            _, _, text = octets.partition(b">")
            written = self._canonical(parse_piece(self._raw[-1].around(text)))
            self._write(written[len(outer.before) : len(written) - len(outer.after)])

    def _canonical(self, root: Element) -> bytes:
        return canonical(root, self._signature.inclusive_prefixes if self._signature else ())

    def _write(self, octets: bytes) -> None:
        self._digest.update(octets)
        self._kept.write(octets)

    def _check_head(self) -> None:
        if len(self._frames[-1].before) > _LONGEST_HEAD:
            raise ProtocolError(Code.REQUEST_TOO_LARGE, "start tags and Extensions of groups are too long")


def _joined(outer: _Frame, head: bytes, end_tag: bytes) -> _Frame:
    return _Frame(outer.before + head, end_tag + outer.after)


def _invalid(detail: str) -> ProtocolError:
    return ProtocolError(Code.SIGNATURE_INVALID, detail)
