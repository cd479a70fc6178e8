"""Office Open XML packages: parts, relationships and properties."""

import posixpath
import re
from collections.abc import Iterator
from itertools import chain
from typing import Any

from embeddings.errors import DocumentError
from embeddings.formats.zip_package import Properties, ZipPackage, linked_part, parse_xml

# Strict Open XML (ISO/IEC 29500) has other names for the same namespaces.
_STRICT = re.compile(rb"http://purl\.oclc\.org/ooxml/(\w+)/(\w+)")
_TRANSITIONAL = rb"http://schemas.openxmlformats.org/\1/2006/\2"


_C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"


class OfficePackage(ZipPackage):
    """An Office file. A part that a relationship names may be missing."""

    def main_part(self, usual: str) -> str:
        """Return the name of the main part; `usual` if no relationship names it.

        Raises:
            DocumentError: the package has no such part.
        """
        found = [*self.related("", "officeDocument"), usual]
        for name in found:
            if name in self:
                return name
        raise DocumentError("cannot be read: it is damaged, or not an Office file")

    def xml(self, name: str) -> Any | None:
        """Parse a part and return its root; None if it is missing."""
        if name not in self:
            return None
        return parse_xml(_STRICT.sub(_TRANSITIONAL, self.read(name)))

    def targets(self, part: str) -> dict[str, tuple[str, str]]:
        """Map the id of each relationship of a part to its kind and the name of its target.

        The kind is the last word of the relationship's type, such as "footnotes".
        """
        folder, name = posixpath.split(part)
        root = self.xml(f"{folder}/_rels/{name}.rels")
        found = {}
        for relationship in () if root is None else root:
            kind = relationship.get("Type", "").rpartition("/")[2]
            if relationship.get("TargetMode") != "External":
                name = linked_part(part, relationship.get("Target", ""))
                found[relationship.get("Id", "")] = (kind, name)
        return found

    def related(self, part: str, kind: str) -> list[str]:
        """Return the names of the parts to which a part has a relationship of a kind."""
        return [name for each, name in self.targets(part).values() if each == kind]

    def chart_lines(self, part: str) -> Iterator[str]:
        """Write each data series in the charts of a part as "Passengers: May 900; June 1200"."""
        charts = map(self.xml, self.related(part, "chart"))
        roots = (chart for chart in charts if chart is not None)
        for series in chain.from_iterable(root.iter(_C + "ser") for root in roots):
            labels, values = (
                {point.get("idx"): point.findtext(_C + "v", "") for point in points}
                for points in (
                    [*series.iterfind(f"{_C}{one}//{_C}pt"), *series.iterfind(f"{_C}{two}//{_C}pt")]
                    for one, two in (("cat", "xVal"), ("val", "yVal"))
                )
            )
            facts = "; ".join(f"{labels.get(key, '')} {value}" for key, value in values.items())
            name = series.findtext(f"{_C}tx//{_C}v", "")
            if facts:
                yield f"{name}: {facts}" if name else facts

    def properties(self) -> Properties:
        """Read title, author and day of creation."""
        names = [*self.related("", "core-properties"), "docProps/core.xml"]
        return Properties.of(self.xml(names[0]))
