"""Files that refer to other files and addresses, and files with macros and scripts."""

import functools
import http.server
import io
import stat
import threading
import zipfile

import pptx
import pytest
from pypdfium2.version import PDFIUM_INFO

from embeddings.files import SourceFile, read_file
from tests.embeddings.formats import samples
from tests.fuzz.test_nasty_files import PARAGRAPH, SHOWN, pdf, word


@pytest.fixture(params=["file", "http"])
def referred(request, tmp_path):
    """Give the address of a secret, and a list of the requests for it."""
    (tmp_path / "secret.txt").write_text('The password is swordfish. <!ENTITY y "swordfish">')
    if request.param == "file":
        yield (tmp_path / "secret.txt").as_uri(), []
        return
    requests = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *values):
            requests.append(values)

    with http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Handler, directory=tmp_path)
    ) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/secret.txt", requests
        server.shutdown()


def outward(part, kind, uri):
    """Make the relationships of a part of an Office file: one external target."""
    folder, name = part.rsplit("/", 1)
    relationship = f'Type="{samples.OFFICE}/officeDocument/2006/relationships/{kind}" Id="r1"'
    target = f'Target="{uri}" TargetMode="External"'
    return {
        f"{folder}/_rels/{name}.rels": (
            f'<Relationships xmlns="{samples.OFFICE}/package/2006/relationships">'
            f"<Relationship {relationship} {target}/></Relationships>"
        ).encode()
    }


def sheet_with_formula(uri):
    parts = samples.unzipped(samples.xlsx({"A": [["They met.", 1.0]]}))
    formula = f'<f>WEBSERVICE("{uri}")</f>'.encode()
    parts["xl/sheet1.xml"] = parts["xl/sheet1.xml"].replace(b"<f>1.0+0</f>", formula)
    parts |= outward("xl/externalLinks/externalLink1.xml", "externalLinkPath", uri)
    return samples.zipped(parts | {"xl/vbaProject.bin": b"Shell swordfish"})


def slides_with_link(uri):
    presentation, stream = pptx.Presentation(), io.BytesIO()
    slide = presentation.slides.add_slide(presentation.slide_layouts[5])
    slide.shapes.title.text = "They met."
    presentation.save(stream)
    parts = samples.unzipped(stream.getvalue())
    kinds = b'<Relationship Id="x" TargetMode="External" Target="%s" Type="http://x/%s"/>'
    for name, kind in (
        ("slides/_rels/slide1.xml", b"notesSlide"),
        ("_rels/presentation.xml", b"x"),
    ):
        links = kinds % (uri.encode(), kind) + b"</Relationships>"
        parts[f"ppt/{name}.rels"] = parts[f"ppt/{name}.rels"].replace(b"</Relationships>", links)
    return samples.zipped(parts)


def test_external_references_of_documents_are_not_loaded(tmp_path, referred):
    uri, requests = referred
    declared = f'<!DOCTYPE x [<!ENTITY x SYSTEM "{uri}">]>'
    parameter = f'<!DOCTYPE x SYSTEM "{uri}" [<!ENTITY % p SYSTEM "{uri}"> %p;]>'
    include = f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{uri}" parse="text"/>'
    page = (
        f'<link rel="stylesheet" href="{uri}"><p>They met.</p><iframe src="{uri}"></iframe>'
        f'<object data="{uri}"></object><svg><use href="{uri}"/><image href="{uri}"/></svg>'
        f'<img src="{uri}"><script src="{uri}"></script>'
    )
    office = samples.opendocument("text", f'<text:p>They met.<draw:object href="{uri}"/></text:p>')
    script = b"/OpenAction << /S /JavaScript /JS (this.submitForm('%s')) >> " % uri.encode()
    script += b"/AA << /WC << /S /Launch /F (%s) >> >> /Pages 2" % uri.encode()
    for name, content in {
        "a.docx": word(
            PARAGRAPH.format("They met &x;."),
            declared=declared,
            also=outward("word/settings.xml", "attachedTemplate", uri),
        ),
        "a.docm": word(PARAGRAPH.format("They met."), also={"word/vbaProject.bin": b"swordfish"}),
        "a.xlsm": sheet_with_formula(uri),
        "a.pptx": slides_with_link(uri),
        "a.xhtml": f"{declared}<html><body>They met &x;.</body></html>".encode(),
        "a.html": page.encode(),
        "a.md": b"---\na: !!python/object/apply:os.system ['x']\n---\nThey met.",
        "a.xml": f"{declared}<a><para>They met &x;. {include}</para></a>".encode(),
        "b.xml": f"{parameter}<a><para>They met &y;.</para></a>".encode(),
        "a.odt": office,
        "a.epub": samples.epub(
            {"a.xhtml": page},
            more=f'<item id="x" href="{uri}" media-type="text/html"/>',
            spine='<itemref idref="x"/>',
        ),
        "a.rtf": rb'{\rtf1{\*\template %b} They met {\field{\*\fldinst{INCLUDETEXT "%b"}}}.}'
        % (uri.encode(), uri.encode()),
        "a.eml": f"Content-Type: text/html\n\n{page}".encode(),
        "b.eml": (
            "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nThey met.\n--b\n"
            f'Content-Type: message/external-body; access-type=URL; URL="{uri}"\n\n\n--b--\n'
        ).encode(),
        "a.pdf": pdf(1, SHOWN).replace(b"/Pages 2", script, 1),
    }.items():
        path = tmp_path / name
        path.write_bytes(content)
        file = SourceFile(path=path, id=name, root=tmp_path)
        document, *_ = read_file(file)  # all of it, so that the sandbox is used again
        assert "They met" in document.text
        assert "swordfish" not in document.text
    assert requests == []


def test_pdf_library_is_built_without_javascript():
    assert not set(PDFIUM_INFO.flags) & {"V8", "XFA"}


def test_symbolic_link_in_an_archive_is_the_text_of_its_target(tmp_path):
    (tmp_path / "secret.txt").write_text("The password is swordfish.")
    link = zipfile.ZipInfo("a.txt")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(link, str(tmp_path / "secret.txt"))
    file = SourceFile(path=tmp_path / "a.zip", id="a.zip", root=tmp_path)
    (document,) = read_file(file)
    assert document.text == str(tmp_path / "secret.txt")
