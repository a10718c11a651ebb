"""The shop: requests in, events out.

Calls go down, events go up. A package calls only packages of lower layers, and a domain only
through its public modules: `service`, `queries`, `events`, `errors`, `states`. The layers, the
highest first (`tests/architecture/contracts.toml` holds the whole list):

    entry     app  worker  cli  dev  event_handlers
    layer 6   notifications  attention  order_details  doctor  presence
    layer 5   checkout  fulfilment  returns  imports  back_in_stock
    layer 4   cart  orders  payments  payment_sync
    layer 3   inventory  pricing  shipping  stored_value  tax
    layer 2   accounts  catalog
    layer 1   platform
    layer 0   kernel
"""
