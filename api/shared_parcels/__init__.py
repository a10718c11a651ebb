"""One parcel for two orders of a customer: which could go together, and the shipping it saves.

`fulfilment` packs, ships and voids the two together; orders, payments and papers stay apart. What
the second order paid for shipping in vain is proposed as a refund, which staff confirm.
"""
