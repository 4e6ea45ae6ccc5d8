"""Sheets of a workbook as a stream of rows. Any document type declaration ends the reading."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO
from xml.parsers import expat

CHUNK_BYTES = 1 << 16


class SheetXmlError(Exception):
    """The XML is broken, or declares entities."""


@dataclass(slots=True)
class Cell:
    """A cell as stored: its text or number, and whether it has no value to give."""

    text: str
    style: int = 0
    is_number: bool = False
    bad: bool = False

    @property
    def filled(self) -> bool:
        """Whether there is anything in the cell."""
        return self.bad or bool(self.text)


def _parser() -> expat.XMLParserType:
    parser = expat.ParserCreate(namespace_separator="|")
    parser.buffer_text = True

    def refuse(*_args: object) -> None:
        raise SheetXmlError

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    return parser


def _feed(parser: expat.XMLParserType, stream: IO[bytes]) -> Iterator[None]:
    try:
        while chunk := stream.read(CHUNK_BYTES):
            parser.Parse(chunk, False)
            yield
        parser.Parse(b"", True)
        yield
    except expat.ExpatError as error:
        raise SheetXmlError(str(error)) from None


def shared_strings(stream: IO[bytes]) -> list[str]:
    """The texts that cells refer to by number; phonetic hints are left out."""
    found: list[str] = []
    parts: list[str] = []
    state = {"text": False, "phonetic": 0}
    parser = _parser()

    def start(name: str, attributes: dict[str, str]) -> None:
        match name.rpartition("|")[2]:
            case "si":
                parts.clear()
            case "t":
                state["text"] = not state["phonetic"]
            case "rPh":
                state["phonetic"] += 1

    def end(name: str) -> None:
        match name.rpartition("|")[2]:
            case "si":
                found.append("".join(parts))
            case "t":
                state["text"] = False
            case "rPh":
                state["phonetic"] -= 1

    def data(text: str) -> None:
        if state["text"]:
            parts.append(text)

    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, data
    for _step in _feed(parser, stream):
        pass
    return found


class SheetParser:
    """Turns the XML of one sheet into rows: number and cells by column, absent ones left out."""

    def __init__(self, strings: list[str]) -> None:
        self._strings = strings
        self._done: deque[tuple[int, dict[int, Cell]]] = deque()
        self._row = 0
        self._cells: dict[int, Cell] = {}
        self._column = -1
        self._kind = ""
        self._style = 0
        self._formula = False
        self._value: list[str] = []
        self._reading = False

    def rows(self, stream: IO[bytes]) -> Iterator[tuple[int, dict[int, Cell]]]:
        """Rows in the order of the file."""
        parser = _parser()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._data
        for _step in _feed(parser, stream):
            while self._done:
                yield self._done.popleft()

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        match name.rpartition("|")[2]:
            case "row":
                number = attributes.get("r", "")
                self._row = int(number) if number.isdecimal() else self._row + 1
                self._cells, self._column = {}, -1
            case "c":
                reference = attributes.get("r", "")
                self._column = column_of(reference) if reference else self._column + 1
                self._kind = attributes.get("t", "n")
                style = attributes.get("s", "0")
                self._style = int(style) if style.isdecimal() else 0
                self._formula = False
                self._value.clear()
            case "f":
                self._formula = True
            case "v" | "t":
                self._reading = True

    def _end(self, name: str) -> None:
        match name.rpartition("|")[2]:
            case "v" | "t":
                self._reading = False
            case "c":
                self._cells[self._column] = self._cell("".join(self._value))
            case "row":
                self._done.append((self._row, self._cells))

    def _data(self, text: str) -> None:
        if self._reading:
            self._value.append(text)

    def _cell(self, text: str) -> Cell:
        match self._kind:
            case "e":
                return Cell(text, bad=True)
            case "s":
                place = int(text) if text.isdecimal() else -1
                return Cell(self._strings[place]) if 0 <= place < len(self._strings) else Cell(text, bad=bool(text))
            case "b":
                return Cell({"1": "true", "0": "false"}.get(text, text), bad=self._formula and not text)
            case "str":
                return Cell(text)
            case "inlineStr" | "d":
                return Cell(text)
            case _:
                return Cell(text, self._style, is_number=True, bad=self._formula and not text)


def column_of(reference: str) -> int:
    """Place of a column from a reference such as AB12, counted from 0."""
    place = 0
    for character in reference:
        if not "A" <= character <= "Z":
            break
        place = place * 26 + ord(character) - 64
    return place - 1
