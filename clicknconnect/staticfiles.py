"""Static files as they are published: minified, with hashed names, precompressed."""

from collections.abc import Iterator
from typing import Any, override

import minify
from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

_TYPES = {".js": "application/javascript", ".css": "text/css"}
# Our own files; those of Django's admin are left as they are.
_OURS = ("consent/", "site/")


class PublishedStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Names in `import … from "./x.js"` follow the hashes too."""

    support_js_module_import_aggregation = True
    # A missing name must not take a page down; `make check` and the tests find it.
    manifest_strict = False

    def file_hash(self, name: str, content: Any = None) -> str:
        """Eight characters tell versions of one file apart; each byte is paid by every visitor."""
        return str(super().file_hash(name, content))[:8]

    def stored_name(self, name: str) -> str:
        """The published name; the plain one for a file that is not published (yet)."""
        try:
            return str(super().stored_name(name))
        except ValueError:
            return name

    @override
    def post_process(
        self, paths: dict[str, Any], dry_run: bool = False, **options: Any
    ) -> Iterator[Any]:
        if not dry_run:
            for path in paths:
                kind = next((t for end, t in _TYPES.items() if path.endswith(end)), None)
                if kind and path.startswith(_OURS):
                    self._minify(path, kind)
            # The copies in STATIC_ROOT are read from here on, not the sources.
            paths = {
                path: (self, path) if path.startswith(_OURS) else source
                for path, source in paths.items()
            }
        yield from super().post_process(paths, dry_run, **options)

    def _minify(self, path: str, kind: str) -> None:
        with self.open(path) as file:
            text = file.read().decode()
        small = minify.string(kind, text)
        if small != text:
            self.delete(path)
            self._save(path, ContentFile(small.encode()))
