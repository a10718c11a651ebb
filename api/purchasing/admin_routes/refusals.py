"""What the stock may refuse of goods that come and go."""

from typing import Final

from api.inventory.errors import (
    BinElsewhere,
    BinInactive,
    BinNotFound,
    BinShort,
    InsufficientStock,
    LocationNotFound,
    LotDateDiffers,
    LotDateRequired,
    LotNotTracked,
    LotRequired,
    LotShort,
    LotsNotSellable,
    QuantityTooLarge,
    StateShort,
    VariantUnknown,
)

STOCK_REFUSALS: Final = (
    *(BinElsewhere, BinInactive, BinNotFound, BinShort, InsufficientStock, LocationNotFound),
    *(QuantityTooLarge, StateShort, VariantUnknown),
    *(LotDateDiffers, LotDateRequired, LotNotTracked, LotRequired, LotShort, LotsNotSellable),
)
