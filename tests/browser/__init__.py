import sys
import types

# Marionette's driver imports mozrunner, whose emulators (never used here) ask for a module that Python 3.13 dropped.
if sys.version_info >= (3, 13):
    sys.modules.setdefault("telnetlib", types.SimpleNamespace(Telnet=None))  # type: ignore[arg-type]
