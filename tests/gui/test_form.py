"""The form: a field for every parameter, text that means what it says, errors beside it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymeasure.experiment import FloatParameter
from pymeasure.experiment import Procedure as StockProcedure
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit

from benchctl.gui.form import Form, describe, plain, text_of
from benchctl.parameters import Quantity
from benchctl.procedure import Procedure, choice, count, quantities_list, quantity, switch


class Recipe(Procedure):
    """One parameter of each kind."""

    set_voltage = quantity("Set voltage", 1.2, "V", -5, 5, description="at the device")
    set_width = quantity("Set width", "200 ns", "s", 1e-9, 100)
    cycles = count("Cycles", 100)
    order = choice("Order", "up", ["up", "down"])
    verify = switch("Verify", True)
    levels = quantities_list("Levels", "1 uS, 10 uS", "S", 0, 1)


class Stock(StockProcedure):
    """Somebody else's."""

    gain = FloatParameter("Gain", units="furlong", default=0.1, minimum=0, maximum=10)


@pytest.fixture
def form(qtbot):
    form = Form(Recipe, {})
    qtbot.addWidget(form)
    return form


def test_each_kind_has_its_editor(form):
    kinds = {name: type(field.editor) for name, field in form.fields.items()}
    assert kinds == {
        "set_voltage": QLineEdit,
        "set_width": QLineEdit,
        "cycles": QLineEdit,
        "order": QComboBox,
        "verify": QCheckBox,
        "levels": QLineEdit,
    }
    assert form.fields["set_width"].editor.text() == "200 ns"
    assert form.fields["levels"].editor.text() == "1 µS, 10 µS"


def test_what_is_typed_reaches_the_procedure(form, qtbot):
    with qtbot.waitSignals([form.changed] * 2):
        form.fields["set_width"].editor.clear()
        qtbot.keyClicks(form.fields["set_width"].editor, "3.5 us")
        form.fields["order"].editor.setCurrentText("down")
    form.fields["verify"].put(False)
    form.fields["cycles"].put("1e3")
    recipe = form.build()
    assert recipe.set_width == 3.5e-6
    assert (recipe.order, recipe.verify, recipe.cycles) == ("down", False, 1000)
    assert recipe.levels == (1e-6, 1e-5)


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("set_voltage", "9 V", "9 V is not within -5 V to 5 V"),
        ("set_voltage", "1.2 A", "unit 'A'"),
        ("set_voltage", "nan", "Expected a quantity in V"),
        ("set_width", "-1 us", "-1 µs is not within"),
        ("cycles", "2.5", "whole number"),
        ("levels", "", "at least one"),
        ("set_width", "", "Expected a quantity in s"),
    ],
)
def test_nonsense_is_named_under_its_field(form, name, text, complaint):
    field = form.fields[name]
    field.put(text)
    assert form.build() is None
    assert complaint in field.error.text()
    assert not field.error.text().startswith(name)
    assert not field.error.isHidden()
    assert all(f.error.isHidden() for f in form.fields.values() if f is not field)
    field.put(field.parameter.default)
    assert form.build() is not None
    assert field.error.isHidden()


def test_a_bare_number_gets_its_unit_when_left(form):
    field = form.fields["set_width"]
    field.put("0.0002")
    field.editor.editingFinished.emit()
    assert field.editor.text() == "200 µs"


@given(value=st.floats(1e-12, 1e9).map(lambda value: float(f"{value:.15g}")))
def test_text_reads_back_to_the_same_number(value):
    parameter = Quantity("Width", units="s", minimum=-1e12, maximum=1e12)
    assert parameter.convert(text_of(parameter, value)) == value


def test_a_stock_procedure_has_a_form_too(qtbot):
    form = Form(Stock, {})
    qtbot.addWidget(form)
    assert form.fields["gain"].editor.text() == "0.1 furlong"
    form.fields["gain"].put("0.5")
    assert form.build().gain == 0.5
    form.fields["gain"].put("99")
    assert form.build() is None


def test_hints_tell_range_and_script_name(form):
    hint = describe("set_voltage", form.fields["set_voltage"].parameter)
    assert hint.splitlines() == ["at the device", "-5 V to 5 V", "in scripts: set_voltage"]


def test_known_names_do_not_clutter_an_error():
    text = "cycles: unknown unit 'x'; did you mean 's'? (known: s, ms)"
    assert plain(text, "cycles") == "Unknown unit 'x'; did you mean 's'?"


def test_what_the_bench_file_says_is_shown_as_people_write_it(qtbot):
    form = Form(Recipe, {"set_width": "200 us", "levels": "1 uS,2 uS", "cycles": "many"})
    qtbot.addWidget(form)
    assert form.fields["set_width"].raw() == "200 µs"
    assert form.fields["levels"].raw() == "1 µS, 2 µS"
    assert form.fields["cycles"].raw() == "many"  # wrong, and the person's to mend


def test_a_list_has_the_width_of_the_form(form):
    form.resize(320, 400)
    form.show()
    assert form.fields["levels"].editor.width() > 1.5 * form.fields["cycles"].editor.width()
