"""PyMeasure's own driver and others' commands on the simulated 2400."""

import warnings

import pytest
from keithley_2400_bench import OHM, ask, errors, make, numbers, tell
from pymeasure.adapters import VISAAdapter
from pymeasure.instruments.keithley import Keithley2400 as StockDriver

from sim_instruments.visa import open_library


@pytest.fixture
def box():
    return make()[1]


@pytest.fixture
def stock():
    address = "GPIB0::24::INSTR"
    library = open_library(
        instruments={"smu": ("keithley_2400", address)},
        wiring={"name": "direct", "source_meter": "smu"},
        simulation={"model": "resistor", "seed": 1, "parameters": {"resistance": OHM}},
    )
    ends = {"write_termination": "\n", "read_termination": "\n"}
    driver = StockDriver(VISAAdapter(address, visa_library=library, **ends))
    yield driver
    assert not driver.check_errors()


def test_every_property_of_pymeasures_own_driver_can_be_read(stock):
    stock.source_enabled = True
    stock.source_voltage = 1.0
    stock.config_buffer(points=5)
    stock.start_buffer()
    stock.wait_for_buffer(timeout=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        for name in dir(StockDriver):
            if isinstance(getattr(StockDriver, name), property) and name != "error":
                getattr(stock, name)
    assert stock.buffer_data.size == 25


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("source_enabled", True), ("source_mode", "current"), ("source_delay", 0.25),
        ("source_delay_auto_enabled", False), ("auto_zero_enabled", False),
        ("output_off_state", "ZERO"), ("auto_output_off_enabled", True), ("filter_enabled", True),
        ("repeat_filter_enabled", False), ("filter_count", 7),
        ("current_range_auto_enabled", False),
        ("current_nplc", 0.1), ("compliance_current", 1e-3), ("source_current", 1e-3),
        ("source_current_range_auto_enabled", False), ("voltage_range_auto_enabled", False),
        ("voltage_nplc", 2), ("compliance_voltage", 10), ("source_voltage", 1.25),
        ("source_voltage_range_auto_enabled", False), ("resistance_mode_auto_enabled", False),
        ("resistance_range_auto_enabled", False), ("resistance_nplc", 5), ("trigger_count", 9),
        ("arm_count", 11), ("trigger_delay", 0.5), ("arm_timer", 2),
        ("trigger_source", "immediate"), ("arm_source", "bus"),
        ("trigger_output_event", "sense"), ("arm_output_event", "trigger_exit"),
        ("trigger_input_line", 3), ("arm_input_line", 4), ("trigger_output_line", 1),
        ("arm_output_line", 2), ("display_enabled", False), ("wires", 4), ("line_frequency", 60),
        ("line_frequency_auto_enabled", True), ("front_terminals_enabled", False),
        ("buffer_points", 500),
    ],
)  # fmt: skip
def test_what_pymeasure_sets_it_gets_back(stock, name, value):
    setattr(stock, name, value)
    found = getattr(stock, name)
    if name == "output_off_state":
        assert found == "zero"
    elif isinstance(value, float):
        assert found == pytest.approx(value)
    else:
        assert found == value


@pytest.mark.parametrize(
    ("name", "value", "reach"),
    [("current_range", 5e-5, 1.05e-4), ("source_voltage_range", 3.0, 21.0),
     ("source_current_range", 2e-3, 1.05e-2), ("resistance_range", 1e4, 2.1e4)],
)  # fmt: skip
def test_ranges_answer_what_they_reach(stock, name, value, reach):
    setattr(stock, name, value)
    assert getattr(stock, name) == pytest.approx(reach)


def test_pymeasures_methods(stock):
    stock.reset()
    stock.reset_data_format()
    stock.source_mode = "voltage"
    stock.source_voltage = 0.5
    stock.compliance_current = 1e-3
    stock.enable_source()
    assert stock.current == pytest.approx(5e-5)
    everything = stock.measure_all()
    assert everything["resistance"] == pytest.approx(OHM)
    assert everything["status"] & (1 << 11 | 1 << 12 | 1 << 13)
    assert stock.resistance == pytest.approx(OHM)
    assert stock.voltage == pytest.approx(0.5)
    stock.source_mode = "current"
    stock.voltage_range = 2.0
    assert stock.voltage_range == pytest.approx(2.1)
    stock.trigger_on_bus()
    stock.trigger_immediately()
    stock.beep(440, 0.1)
    stock.auto_zero_once()
    stock.sample_continuously()
    stock.shutdown()
    assert not stock.source_enabled


def test_qcodes_strings(box):
    for line in (
        ":TRIG:COUN 1;:FORM:ELEM VOLT,CURR", "SOUR:VOLT:RANG 2.000000", ':SENS:FUNC "CURR"',
        ":SOUR:FUNC VOLT", "SENS:CURR:PROT 0.001000", ":SOUR:VOLT:LEV 1.00000000",
        "SENS:CURR:NPLC 0.100000", ":OUTP:STAT 1",
    ):  # fmt: skip
        tell(box, line)
    assert numbers(ask(box, ":READ?")) == pytest.approx([1.0, 1e-4])
    answers = {"SENS:CURR:RANG?": "+1.050000E-04", ":SOUR:FUNC?": "VOLT", ":OUTP:STAT?": "1",
               ":SENS:FUNC?": '"CURR:DC"', "SENS:VOLT:PROT?": "+2.100000E+01"}  # fmt: skip
    for question, answer in answers.items():
        assert ask(box, question) == answer
    tell(box, ":*RST")
    assert ask(box, ":OUTP:STAT?") == "0"
    assert errors(box) == []
