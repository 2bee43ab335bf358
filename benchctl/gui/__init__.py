"""The window. Only this package imports Qt, and only through PySide6."""

import os

# qtpy (which PyMeasure brings) and pyqtgraph each choose a binding of their own otherwise.
os.environ["QT_API"] = "pyside6"
os.environ["PYQTGRAPH_QT_LIB"] = "PySide6"
