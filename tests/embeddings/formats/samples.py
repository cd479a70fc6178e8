"""Small valid files of binary formats, for tests to read and to damage."""

import io
import struct
import zipfile
from collections.abc import Mapping

SECTOR, SMALL_SECTOR, SMALL_STREAM = 512, 64, 4096
FREE, END, FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD

OFFICE = "http://schemas.openxmlformats.org"


def zipped(parts: Mapping[str, str | bytes]) -> bytes:
    """Make a zip file."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as container:
        for name, content in parts.items():
            container.writestr(name, content)
    return stream.getvalue()


def unzipped(content: bytes) -> dict[str, bytes]:
    """Return the parts of a zip file."""
    with zipfile.ZipFile(io.BytesIO(content)) as container:
        return {name: container.read(name) for name in container.namelist()}


def ole(streams: Mapping[str, bytes]) -> bytes:
    """Make a compound file [MS-CFB]; the path of a stream has `/` between its storages."""
    names = sorted({"/".join(path.split("/")[:n]) for path in streams for n in range(1, 9)})
    small, sectors = bytearray(), bytearray()
    small_chain: list[int] = []
    chain: list[int] = []

    def store(content: bytes) -> int:
        first = len(chain)
        count = -(-len(content) // SECTOR)
        chain.extend([*range(first + 1, first + count), END])
        sectors.extend(content.ljust(count * SECTOR, b"\0"))
        return first

    entries = []
    for path in names:
        content, start = streams.get(path), 0
        if content is not None and len(content) < SMALL_STREAM:
            start, count = len(small_chain), max(1, -(-len(content) // SMALL_SECTOR))
            small_chain.extend([*range(start + 1, start + count), END])
            small.extend(content.ljust(count * SMALL_SECTOR, b"\0"))
        elif content is not None:
            start = store(content)
        entries.append((path, content, start))
    root = store(bytes(small)) if small else END
    small_table = struct.pack(f"<{len(small_chain)}I", *small_chain)
    small_fat = store(small_table.ljust(SECTOR, b"\xff")) if small else END

    def children(parent: str) -> list[int]:
        return [
            number
            for number, (path, *_) in enumerate(entries, start=1)
            if path.rpartition("/")[0] == parent
        ]

    def entry(name: str, kind: int, links: tuple[int, int], start: int, size: int) -> bytes:
        label = (name + "\0").encode("utf-16-le")
        right, child = links
        return (
            label.ljust(64, b"\0")
            + struct.pack("<HBBIII", len(label), kind, 1, FREE, right, child)
            + bytes(36)
            + struct.pack("<IQ", start, size)
        )

    # Each storage lists its entries as a chain of right siblings, which is a valid search tree.
    following = {}
    for parent in ("", *(path for path, content, _ in entries if content is None)):
        inside = sorted(children(parent), key=lambda n: (len(entries[n - 1][0]), entries[n - 1][0]))
        following |= dict(zip(inside, [*inside[1:], FREE], strict=True))
    ordered = sorted(children(""), key=lambda n: (len(entries[n - 1][0]), entries[n - 1][0]))
    directory = entry("Root Entry", 5, (FREE, ordered[0]), root, len(small))
    for number, (path, content, start) in enumerate(entries, start=1):
        inside = sorted(children(path), key=lambda n: (len(entries[n - 1][0]), entries[n - 1][0]))
        child = inside[0] if inside else FREE
        kind, size = (1, 0) if content is None else (2, len(content))
        name = path.rpartition("/")[2]
        directory += entry(name, kind, (following[number], child), start, size)
    first = store(directory)
    chain.append(FAT)
    table = struct.pack(f"<{len(chain)}I", *chain).ljust(SECTOR, b"\xff")
    assert len(table) == SECTOR
    header = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16)
    header += struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack(
        "<IIIIIIIII", 0, 1, first, 0, SMALL_STREAM, small_fat, len(small) > 0, END, 0
    )
    header += struct.pack("<109I", len(chain) - 1, *[FREE] * 108)
    return header + bytes(sectors) + table


def xls(rows: list[list[str | float]]) -> bytes:
    """Make a workbook of Excel 97 (BIFF8) with one sheet "Prices"."""

    def record(kind: int, content: bytes) -> bytes:
        return struct.pack("<HH", kind, len(content)) + content

    begin, end = struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 0), record(0x0A, b"")
    cells = b""
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            place = struct.pack("<HHH", number, column, 0)
            if isinstance(value, str):
                text = value.encode("utf-16-le")
                cells += record(0x204, place + struct.pack("<HB", len(value), 1) + text)
            else:
                cells += record(0x203, place + struct.pack("<d", value))
    name = b"Prices"
    globals_size = len(record(0x809, begin)) + 4 + 8 + len(name) + len(end)
    sheet = record(0x85, struct.pack("<IBBBB", globals_size, 0, 0, len(name), 0) + name)
    sheet_begin = struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 0)
    book = record(0x809, begin) + sheet + end + record(0x809, sheet_begin) + cells + end
    return ole({"Workbook": book.ljust(SMALL_STREAM, b"\0")})


def msg(texts: Mapping[int, str], attachments: Mapping[str, bytes]) -> bytes:
    """Make a mail of Outlook [MS-OXMSG] with texts by property id, such as 0x0037 (subject)."""
    counts = struct.pack("<8xIIII8x", 0, len(attachments), 0, len(attachments))
    streams = {"__nameid_version1.0/__substg1.0_00020102": bytes(16)}

    def add(folder: str, values: Mapping[int, str | bytes]) -> bytes:
        properties = b""
        for tag, value in values.items():
            text = isinstance(value, str)
            content = value.encode("utf-16-le") if isinstance(value, str) else value
            kind = 0x1F if text else 0x102
            streams[f"{folder}__substg1.0_{tag:04X}{kind:04X}"] = content
            size = len(content) + 2 if text else len(content)
            properties += struct.pack("<HHIII", kind, tag, 6, size, 0)
        return properties

    streams["__properties_version1.0"] = counts + add("", texts)
    for number, (name, content) in enumerate(attachments.items()):
        folder = f"__attach_version1.0_#{number:08X}/"
        properties = add(folder, {0x3707: name, 0x3701: content})
        streams[f"{folder}__properties_version1.0"] = bytes(8) + properties
    return ole(streams)


def xlsx(sheets: Mapping[str, list[list[str | float]]], *, strict: bool = False) -> bytes:
    """Make a workbook of Excel."""
    kind = "http://purl.oclc.org/ooxml" if strict else OFFICE
    year = "" if strict else "2006/"
    related = f"{kind}/officeDocument/{year}relationships"
    main = f'xmlns="{kind}/spreadsheetml/{year}main" xmlns:r="{related}"'
    package = f'xmlns="{OFFICE}/package/2006/relationships"'

    def cell(value: str | float) -> str:
        if isinstance(value, str):
            return f'<c t="inlineStr"><is><t>{value}</t></is></c>'
        return f"<c><f>{value}+0</f><v>{value}</v></c>"

    parts = {
        "_rels/.rels": f'<Relationships {package}><Relationship Id="r1" '
        f'Type="{related}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f"<workbook {main}><sheets>"
        + "".join(
            f'<sheet name="{name}" sheetId="{number}" r:id="r{number}"/>'
            for number, name in enumerate(sheets, start=1)
        )
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f"<Relationships {package}>"
        + "".join(
            f'<Relationship Id="r{number}" Type="{related}/worksheet" Target="sheet{number}.xml"/>'
            for number in range(1, len(sheets) + 1)
        )
        + "</Relationships>",
    }
    for number, rows in enumerate(sheets.values(), start=1):
        lines = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in rows)
        parts[f"xl/sheet{number}.xml"] = (
            f"<worksheet {main}><sheetData>{lines}</sheetData></worksheet>"
        )
    return zipped(parts)


ODF_NAMES = " ".join(
    f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for short, name in {
        "office": "office",
        "text": "text",
        "table": "table",
        "style": "style",
        "draw": "drawing",
        "presentation": "presentation",
        "meta": "meta",
    }.items()
)


def opendocument(kind: str, body: str, *, styles: str = "", meta: str = "") -> bytes:
    """Make an OpenDocument file of a kind such as "text" with a body, all in XML."""
    mime = f"application/vnd.oasis.opendocument.{kind}"
    dublin = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'
    return zipped(
        {
            "mimetype": mime,
            "META-INF/manifest.xml": "<manifest/>",
            "content.xml": f"<office:document-content {ODF_NAMES}><office:automatic-styles>{styles}"
            f"</office:automatic-styles><office:body><office:{kind}>{body}</office:{kind}>"
            "</office:body></office:document-content>",
            "meta.xml": f"<office:document-meta {ODF_NAMES} {dublin}><office:meta>{meta}"
            "</office:meta></office:document-meta>",
        }
    )


def epub(
    chapters: Mapping[str, str],
    *,
    contents: str = "",
    more: str = "",
    extra: Mapping[str, str] | None = None,
    spine: str = "",
) -> bytes:
    """Make an e-book of chapters (the inside of `body` by part name), with a list of contents."""
    items = "".join(
        f'<item id="i{number}" href="{name}" media-type="application/xhtml+xml"/>'
        for number, name in enumerate(chapters)
    )
    references = "".join(f'<itemref idref="i{number}"/>' for number in range(len(chapters)))
    page = '<html xmlns="http://www.w3.org/1999/xhtml"><head><title/></head><body>{}</body></html>'
    return zipped(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": '<c xmlns="urn:oasis:names:tc:opendocument:xmlns:container">'
            '<rootfiles><rootfile full-path="book/content.opf"/></rootfiles></c>',
            "book/content.opf": '<package xmlns="http://www.idpf.org/2007/opf" '
            'xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata><dc:title>Dams</dc:title>'
            "<dc:creator>Clara Voss</dc:creator><dc:date>2020-09-16T00:00:00Z</dc:date></metadata>"
            f'<manifest>{items}<item id="nav" href="nav.xhtml" properties="nav" '
            f'media-type="application/xhtml+xml"/>{more}</manifest>'
            f'<spine><itemref idref="nav"/>{references}{spine}</spine></package>',
            "book/nav.xhtml": page.format(f"<nav>{contents}</nav>"),
            **{f"book/{name}": page.format(content) for name, content in chapters.items()},
            **({} if extra is None else extra),
        }
    )
