"""A bench.toml that some editor has saved in another encoding."""

import pytest

from benchctl.config import read_config
from benchctl.errors import ConfigError

TEXT = '[instruments.smu]\ndriver = "keithley_2450"\naddress = "GPIB0::18::INSTR"\n# 5 Ω\n'


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "iso-8859-7"])
def test_what_is_not_utf_8_is_refused_in_one_line(tmp_path, encoding):
    path = tmp_path / "bench.toml"
    path.write_bytes(TEXT.encode(encoding))
    with pytest.raises(ConfigError) as refused:
        read_config(path)
    assert "\n" not in str(refused.value)
    assert str(path) in str(refused.value)
