import pytest

from embeddings.formats.equations import equation_text
from embeddings.formats.zip_package import parse_xml

NAMESPACE = "http://schemas.openxmlformats.org/officeDocument/2006/math"


def script(kind, base, *scripts):
    parts = "".join(f"<m:{name}>{part}</m:{name}>" for name, part in scripts)
    return f"<m:{kind}><m:e>{base}</m:e>{parts}</m:{kind}>"


def run(text):
    return f"<m:r><m:t>{text}</m:t></m:r>"


@pytest.mark.parametrize(
    ("math", "wanted"),
    [
        (run("v=25") + script("sSup", run("x"), ("sup", run("2"))), "v=25x^2"),
        (script("sSup", run("e"), ("sup", run("-x"))), "e^(-x)"),
        (script("sSub", run("x"), ("sub", run("i"))), "x_i"),
        (script("sSubSup", run("x"), ("sub", run("i")), ("sup", run("2"))), "x_i^2"),
        (f"<m:f><m:num>{run('a+b')}</m:num><m:den>{run('2')}</m:den></m:f>", "(a+b)/2"),
        (f"<m:rad><m:deg/><m:e>{run('x')}</m:e></m:rad>", "√x"),
        (f"<m:rad><m:deg/><m:e>{run('2gh')}</m:e></m:rad>", "√(2gh)"),
        (f"<m:rad><m:deg>{run('3')}</m:deg><m:e>{run('x')}</m:e></m:rad>", "3√x"),
        (
            "<m:nary><m:naryPr><m:chr m:val='∑'/></m:naryPr>"
            f"<m:sub>{run('i=1')}</m:sub><m:sup>{run('n')}</m:sup><m:e>{run('i')}</m:e></m:nary>",
            "∑_(i=1)^n i",
        ),
        (f"<m:d><m:e>{run('k')}</m:e></m:d>", "(k)"),
        (
            "<m:d><m:dPr><m:begChr m:val='['/><m:endChr m:val=']'/></m:dPr>"
            f"<m:e>{run('k')}</m:e></m:d>",
            "[k]",
        ),
        (f"<m:func><m:fName>{run('sin')}</m:fName><m:e>{run('x')}</m:e></m:func>", "sin x"),
        (
            f"<m:m><m:mr><m:e>{run('1')}</m:e><m:e>{run('2')}</m:e></m:mr>"
            f"<m:mr><m:e>{run('3')}</m:e><m:e>{run('4')}</m:e></m:mr></m:m>",
            "1, 2; 3, 4",
        ),
    ],
)
def test_equation_is_written_in_one_line(math, wanted):
    root = parse_xml(f'<m:oMath xmlns:m="{NAMESPACE}">{math}</m:oMath>'.encode())
    assert equation_text(root) == wanted
