"""The form of a procedure: one field a parameter, units in the text, errors under the field."""

from collections.abc import Mapping
from typing import Any, Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QLabel,
    QLineEdit,
    QWidget,
)

from benchctl.errors import BenchError
from benchctl.quantities import parse, show

#: Digits of a quantity in a field, before all of them are written out.
DIGITS: Final = 9


class Field(QWidget):
    """One parameter: its editor, and what is wrong with it."""

    changed = Signal()

    def __init__(self, name: str, parameter: Any) -> None:
        super().__init__()
        self.name = name
        self.parameter = parameter
        self.title = QLabel(str(parameter.name))
        self.title.setWordWrap(True)
        self.error = QLabel()
        self.error.setProperty("role", "error")
        self.error.setWordWrap(True)
        self.error.hide()
        self.editor = self._make_editor()
        self.title.setBuddy(self.editor)
        hint = describe(name, parameter)
        self.title.setToolTip(hint)
        self.editor.setToolTip(hint)
        self.editor.setAccessibleName(self.title.text())

    def raw(self) -> Any:
        """Return what stands in the field."""
        if isinstance(self.editor, QCheckBox):
            return self.editor.isChecked()
        if isinstance(self.editor, QComboBox):
            return self.editor.currentData()
        return self.editor.text().strip()

    def put(self, value: Any) -> None:
        """Show `value`: a parameter's value, or text as a person typed it."""
        if isinstance(self.editor, QCheckBox):
            self.editor.setChecked(bool(value))
        elif isinstance(self.editor, QComboBox):
            self.editor.setCurrentIndex(self.editor.findData(value))
        else:
            self.editor.setText(value if isinstance(value, str) else text_of(self.parameter, value))
            self.editor.setCursorPosition(0)  # of a long list, the beginning is in sight

    def complain(self, message: str) -> None:
        """Show what is wrong; nothing to show where nothing is."""
        self.error.setText(message)
        self.error.setVisible(bool(message))
        if self.editor.property("wrong") != bool(message):
            self.editor.setProperty("wrong", bool(message))
            self.editor.style().polish(self.editor)

    def _make_editor(self) -> QCheckBox | QComboBox | QLineEdit:
        choices = getattr(self.parameter, "choices", None)
        if choices:
            box = QComboBox()
            for choice in choices:
                box.addItem(str(choice), choice)
            box.currentIndexChanged.connect(self.changed)
            return box
        if isinstance(self.parameter.value if self.parameter.is_set() else None, bool):
            check = QCheckBox()
            check.toggled.connect(self.changed)
            return check
        line = QLineEdit()
        unit = getattr(self.parameter, "units", None)
        line.setPlaceholderText(f"in {unit}" if unit else "")
        line.textEdited.connect(self.changed)
        line.editingFinished.connect(self.tidy)
        return line

    @property
    def long(self) -> bool:
        """Whether what stands in the field needs the whole width of the form: a list does."""
        return self.parameter.is_set() and isinstance(self.parameter.value, list | tuple)

    def tidy(self) -> None:
        """Write what was typed with its unit: "0.0002" becomes "200 µs"."""
        if self.editor.property("wrong") or not isinstance(self.editor, QLineEdit):
            return
        text = self.editor.text().strip()
        try:
            tidy = text_of(self.parameter, self.parameter.convert(text))
        except (BenchError, ValueError, TypeError):
            return
        if tidy != text:
            self.editor.setText(tidy)
            self.editor.setCursorPosition(0)


class Form(QWidget):
    """All fields of one procedure class."""

    changed = Signal()

    def __init__(self, procedure: Any, values: Mapping[str, Any]) -> None:
        """Show the parameters of the class `procedure`; `values` replace their defaults."""
        super().__init__()
        self.setProperty("role", "sheet")
        self._procedure = procedure
        self.fields: dict[str, Field] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(12, 10, 12, 10)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        for row, (name, parameter) in enumerate(procedure().parameter_objects().items()):
            field = Field(name, parameter)
            field.put(values.get(name, parameter.value if parameter.is_set() else ""))
            field.tidy()
            place(grid, 3 * row, field)
            field.changed.connect(self.changed)
            self.fields[name] = field
        grid.setRowStretch(3 * len(self.fields), 1)

    def values(self) -> dict[str, Any]:
        """Return what stands in the fields."""
        return {name: field.raw() for name, field in self.fields.items()}

    def build(self) -> Any:
        """Return the procedure with these values, or None after marking what is wrong."""
        procedure = self._procedure()
        sound = True
        for name, field in self.fields.items():
            message = ""
            try:
                procedure.set_parameters({name: field.raw()})
            except (BenchError, ValueError, TypeError) as error:
                message, sound = plain(str(error), name), False
            field.complain(message)
        return procedure if sound else None


def place(grid: QGridLayout, row: int, field: Field) -> None:
    """Put a field into up to three rows of a form: the title beside the editor, or above it."""
    grid.addWidget(field.title, row, 0, Qt.AlignmentFlag.AlignVCenter)
    if field.long:
        grid.addWidget(field.editor, row + 1, 0, 1, 2)
    else:
        grid.addWidget(field.editor, row, 1)
    grid.addWidget(field.error, row + 2, 0, 1, 2)


def plain(message: str, name: str) -> str:
    """Return an error without the parameter's name, which stands beside it already.

    >>> plain("cycles: expected a whole number, got 2.5", "cycles")
    'Expected a whole number, got 2.5'
    """
    message = message.removeprefix(f"{name}: ").split("(known:")[0].strip().rstrip(";")
    return message[:1].upper() + message[1:]


def describe(name: str, parameter: Any) -> str:
    """Return the tool tip: what it is, its range, and its name in scripts."""
    lines = [str(parameter.description)] if getattr(parameter, "description", None) else []
    low, high = getattr(parameter, "minimum", None), getattr(parameter, "maximum", None)
    unit = getattr(parameter, "units", None) or ""
    if isinstance(low, int | float) and isinstance(high, int | float):
        lines.append(f"{show(low, unit)} to {show(high, unit)}")
    lines.append(f"in scripts: {name}")
    return "\n".join(lines)


def text_of(parameter: Any, value: Any) -> str:
    """Return `value` as a person writes it, such that reading it gives `value` again."""
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(text_of(parameter, entry) for entry in value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    unit = getattr(parameter, "units", None) or ""
    if isinstance(value, int):
        return f"{value} {unit}".rstrip()
    try:
        text = show(value, unit, DIGITS)
        if parse(text, unit) == value:
            return text
    except BenchError:
        pass  # a stock PyMeasure parameter may have any unit
    return f"{value:.15g} {unit}".rstrip()
