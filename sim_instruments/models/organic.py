r"""Protonic (organic) two-terminal memristor: the mechanism of `iontronic_li` with protons.

Equations, spread and range are those of
[iontronic_li](iontronic_li.md): two reservoirs that fill under bias and empty by themselves, and a
barrier that forming raises. Protons in a polymer meet a lower barrier than Li+ in a glass (0.40 eV
instead of 0.55) and leave two very different reservoirs, one in 5 ms, one in 2 s [D: no numbers of
such a device are public]. Everything else is left at the Li set [D].

With the low barrier forgetting depends less on temperature: from 300 K to 330 K it becomes 4.1
times faster, with Li 6.9 times [C]. Pairs of pulses facilitate for seconds, because the slow
reservoir remembers them.

Context: volatile conductance, arXiv:2404.08647 [R: abstract]; protons that switch an organic
synapse, there with a third terminal, Y. van de Burgt et al., Nature Materials 16, 414 (2017),
doi:10.1038/nmat4856 [M].

**Valid** for |V| up to 3.5 V (`warnings` says so beyond), 250-400 K, 0.1 ms to years, as the Li
device is; formed, it keeps a level for years at 300 K. **Not modelled**: what `iontronic_li` does
not, and humidity, on which real protonic devices depend.
"""

from dataclasses import dataclass
from typing import Annotated

from sim_instruments.models.iontronic_li import IontronicLi, IontronicLiParameters
from sim_instruments.models.parameters import Bound


@dataclass(frozen=True, slots=True)
class OrganicParameters(IontronicLiParameters):
    """Parameters of `Organic`: those of `IontronicLi` with other defaults, SI."""

    fast_time: Annotated[float, Bound("s", 1e-6, 1e6)] = 5e-3
    """s, tau0 of the fast reservoir at 300 K [D]"""
    slow_time: Annotated[float, Bound("s", 1e-6, 1e6)] = 2.0
    """s, tau0 of the slow reservoir at 300 K [D]"""
    volatile_barrier: Annotated[float, Bound("eV", 0.1, 3.0)] = 0.40
    """eV, E_v of protons [D]"""


class Organic(IontronicLi):
    """A protonic or organic memristor, volatile until formed."""

    name = "organic"
    PARAMETERS = OrganicParameters
    parameters: OrganicParameters
