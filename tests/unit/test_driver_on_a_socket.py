"""A raw socket has no device clear: what is under way is read and thrown away, and that ends."""

import socket
import threading

import pytest
from pymeasure.adapters import VISAAdapter

from benchctl.bench import open_bench
from benchctl.errors import InstrumentError
from drivers import conversation
from drivers.conversation import Conversation

NO_ERROR = b'0,"No error"'


@pytest.fixture
def served(monkeypatch):
    """Return a function that connects to an instrument `speak(connection)` plays on loopback."""
    monkeypatch.setattr(conversation, "PATIENCE", 0.2)
    opened = []

    def connect(speak):
        listening = socket.create_server(("127.0.0.1", 0))

        def serve():
            connection, _ = listening.accept()
            with connection:
                speak(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        address = f"TCPIP0::127.0.0.1::{listening.getsockname()[1]}::SOCKET"
        adapter = VISAAdapter(address, visa_library="@py", read_termination="\n")
        opened.append((adapter, listening, thread))
        return adapter

    yield connect
    for adapter, listening, thread in opened:
        adapter.close()
        listening.close()
        thread.join(5.0)


@pytest.mark.timeout(60)
def test_an_instrument_that_has_gone_away_does_not_keep_the_others_waiting(served):
    wire = Conversation(served(lambda connection: connection.close()), "smu")
    with pytest.raises(InstrumentError, match="smu does not answer"):
        wire.silence("OUTP OFF")
    with pytest.raises(InstrumentError, match="smu does not answer"):
        wire.ask("*IDN?")


@pytest.mark.timeout(60)
def test_a_late_answer_is_thrown_away(served):
    asked = threading.Event()

    def speak(connection):
        connection.recv(100)
        asked.wait(5.0)
        connection.sendall(b"late\n")
        while connection.recv(100):
            connection.sendall(b"1;" + NO_ERROR + b"\n")

    adapter = served(speak)
    wire = Conversation(adapter, "smu")
    with pytest.raises(InstrumentError, match="smu does not answer"):
        wire.ask("A?")
    asked.set()
    wire.silence("OUTP OFF")
    assert wire.ask("B?") == "1;" + NO_ERROR.decode()


@pytest.mark.parametrize(
    "error", [Exception("could not connect: timeout"), OSError(113, "No route")]
)
def test_an_address_nobody_answers_at_is_one_line(tmp_path, monkeypatch, error):
    def refuse(*_, **__):
        raise error

    monkeypatch.setattr("pymeasure.adapters.VISAAdapter", refuse)
    path = tmp_path / "bench.toml"
    address = "TCPIP0::192.0.2.11::5025::SOCKET"
    path.write_text(f'[instruments.smu]\ndriver = "keithley_2450"\naddress = "{address}"\n')
    with pytest.raises(InstrumentError, match=f"smu does not answer at {address}: .*check power"):
        open_bench(path)
