"""Says whether a workbook would take long to read, without reading it. It must not know what its parts mean.

A megabyte of ZIP unpacks to millions of elements, and each costs its reader far more than the few bytes that it has.
So they are counted first, by a parser that keeps nothing.
"""

import io
import zipfile
from collections.abc import Mapping
from xml.parsers import expat

_MAX_PARTS = 500
# What the cells and the texts of a sheet are made of. Excel in China adds a `phoneticPr` to each text.
_OF_CELLS = frozenset({"row", "c", "v", "f", "is", "t", "si", "phoneticPr"})
# Everything else: styles, links (two for each address), rules.
_MAX_OTHERS = 50_000
_MAX_SHEETS = 32
# Each sheet is opened, and may be read as far as it goes, before the first one is read.
_READINGS = 4
# Lists of ranges stand in attributes, and are compared each with each.
_LONG = 256
_MAX_IN_LONG_ATTRIBUTES = 16 * 1024
_CHUNK_BYTES = 64 * 1024


class _TooHeavyError(Exception):
    """There is more in it than may be."""


def is_too_heavy(data: bytes, *, unpacked: int, elements: int) -> bool:
    """Whether this archive unpacks to more bytes than that, has more elements, or more of what is slow to read.

    Raises:
        zipfile.BadZipFile: it is no archive.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = archive.infolist()
        if len(parts) > _MAX_PARTS or sum(part.file_size for part in parts) > unpacked:
            return True
        scale = _Scale(elements)
        try:
            for part in parts:
                scale.weigh(archive, part)
        except _TooHeavyError:
            return True
    return False


class _Scale:
    """Counts the elements of one archive."""

    def __init__(self, elements: int) -> None:
        self._elements = elements
        self._of_cells = 0
        self._in_attributes = 0
        self._number_of_others = 0
        self._sheets = 0

    def weigh(self, archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
        """Add what this part has, up to where it is no XML any more: so far would any reader come.

        Raises:
            _TooHeavyError: that is too much.
        """
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._count
        parser.StartDoctypeDeclHandler = _refuse
        with archive.open(part) as file:
            while chunk := file.read(_CHUNK_BYTES):
                try:
                    parser.Parse(chunk)
                except expat.ExpatError:
                    return

    def _count(self, name: str, attributes: Mapping[str, str]) -> None:
        local = name.rpartition(":")[2]
        if local in _OF_CELLS:
            self._of_cells += 1
        else:
            self._number_of_others += 1
            self._sheets += local == "sheet"
            self._in_attributes += sum(len(value) for value in attributes.values() if len(value) > _LONG)
        if (
            self._of_cells * max(1, self._sheets / _READINGS) > self._elements
            or self._number_of_others > _MAX_OTHERS
            or self._sheets > _MAX_SHEETS
            or self._in_attributes > _MAX_IN_LONG_ATTRIBUTES
        ):
            raise _TooHeavyError


def _refuse(*_declaration: object) -> None:
    """No spreadsheet declares a document type, by which a few bytes can stand for many."""
    raise _TooHeavyError
