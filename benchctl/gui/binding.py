"""A trap of the Qt binding, stepped around."""

import linecache
import sys


def leave_sources_unread() -> None:
    """Keep PySide6 from reading the source of every module that is imported from now on.

    Its import hook looks for its own name in each, for the sake of ``from __feature__ import``,
    which nothing here uses. The sources stay in `linecache`: 58 MB for the thousand modules of
    a bench [M]. PySide6 is told, in the only place there is, that no module needs it.
    """
    feature = sys.modules.get("shibokensupport.feature")
    if hasattr(feature, "_mod_uses_pyside"):
        setattr(feature, "_mod_uses_pyside", lambda _module: False)  # noqa: B010 - not ours to type
    linecache.clearcache()
