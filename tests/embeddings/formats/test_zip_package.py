import struct
import tracemalloc
import zipfile

import pytest
from lxml import etree

from embeddings.errors import DocumentError
from embeddings.formats.parse_options import ParseOptions
from embeddings.formats.zip_package import ZipPackage, parse_xml


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.docx"


def save(path, parts):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as container:
        for name, content in parts.items():
            container.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)


def open_(path, **limits):
    return ZipPackage.open(path, ParseOptions(**limits))


def test_part_is_found_in_any_case_and_with_any_slashes(path):
    save(path, {"Word\\Document.xml": "<a>x</a>", "empty/": ""})
    with open_(path) as package:
        assert "word/document.xml" in package
        assert package.xml("/word/document.xml").text == "x"
        assert package.xml("word/gone.xml") is None
        assert [part.filename for part in package.files()] == ["Word\\Document.xml"]
        with pytest.raises(DocumentError, match="its part gone is missing"):
            package.read("gone")


def test_ole_file_is_called_encrypted_or_old(path):
    path.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600))
    with (
        pytest.raises(DocumentError, match="is encrypted or from an old Office program"),
        open_(path),
    ):
        pass


def test_encrypted_part_raises(path):
    save(path, {"a": "x"})
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\1\2") + 8] |= 1
    path.write_bytes(data)
    with open_(path) as package, pytest.raises(DocumentError, match="is encrypted"):
        package.read("a")


@pytest.mark.parametrize(
    ("parts", "limits", "message"),
    [
        (
            {"a": bytes(1001)},
            {"max_file_bytes": 1000},
            "expands to 1,001 bytes.* the 1,000",
        ),
        ({"a": bytes(600), "b": bytes(600)}, {"max_file_bytes": 1000}, "expands to 1,200 bytes"),
        ({"a": bytes(21_000_000)}, {}, "expands to more than 200 times its size"),
        ({"a": b"", "b": b"", "c": b""}, {"max_file_pages": 2}, "has 3 files.* the 2 allowed"),
    ],
)
def test_zip_beyond_a_limit_is_refused_before_it_is_expanded(path, parts, limits, message):
    save(path, parts)
    with pytest.raises(DocumentError, match=message), open_(path, **limits):
        pass


def test_part_is_not_expanded_beyond_its_stated_size(path):
    save(path, {"a": bytes(50_000_000)})
    stated = struct.pack("<I", 50_000_000)
    path.write_bytes(path.read_bytes().replace(stated, struct.pack("<I", 100)))
    tracemalloc.start()
    with open_(path) as package, pytest.raises(zipfile.BadZipFile, match="Bad CRC"):
        package.read("a")
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


@pytest.mark.parametrize("keep", [40, 200])
def test_truncated_zip_raises(path, keep):
    save(path, {"a": bytes(range(256)), "b": b"x"})
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(zipfile.BadZipFile), open_(path):
        pass


def test_xml_entities_are_not_expanded_or_loaded(tmp_path):
    (tmp_path / "secret").write_text("swordfish")
    uri = (tmp_path / "secret").as_uri()
    declared = f'<!DOCTYPE a [<!ENTITY e SYSTEM "{uri}"><!ENTITY i "inside">]>'
    root = parse_xml(f"{declared}<a>Seen &e;&i;.</a>".encode())
    assert root.text == "Seen "
    assert [(entity.text, entity.tail) for entity in root] == [("&e;", None), ("&i;", ".")]


def test_deep_xml_raises():
    with pytest.raises(etree.XMLSyntaxError, match="Excessive depth"):
        parse_xml(b"<a>" * 5000 + b"</a>" * 5000)


def test_entity_expansion_in_attributes_raises():
    entities = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(7))
    declared = f'<!DOCTYPE a [<!ENTITY e0 "ha">{entities}]>'
    with pytest.raises(etree.XMLSyntaxError, match="entity"):
        parse_xml(f'{declared}<a b="&e7;"/>'.encode())
