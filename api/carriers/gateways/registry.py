"""The adapters by carrier; `create_app` registers one of these."""

from api.carriers.gateways import CarrierGateway
from api.carriers.gateways.dhl import DhlAdapter
from api.carriers.gateways.dpd import DpdAdapter
from api.carriers.gateways.gls import GlsAdapter
from api.carriers.gateways.postnl import PostnlAdapter
from api.carriers.gateways.transport import Transport
from api.carriers.gateways.ups import UpsAdapter
from api.carriers.rules import Carrier


class CarrierGateways:
    """The adapter of each carrier. `base` sends all requests elsewhere, for tests alone."""

    def __init__(self, base: str = "") -> None:
        transport = Transport(base)
        self._of: dict[Carrier, CarrierGateway] = {
            Carrier.DHL: DhlAdapter(transport),
            Carrier.DPD: DpdAdapter(transport),
            Carrier.GLS: GlsAdapter(transport),
            Carrier.POSTNL: PostnlAdapter(transport),
            Carrier.UPS: UpsAdapter(transport),
        }

    def of(self, carrier: Carrier) -> CarrierGateway:
        """Return the adapter of a carrier."""
        return self._of[carrier]
