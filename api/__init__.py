"""The shop: requests in, facts out.

Calls go down, facts go up. A package calls only packages on lower floors, and a domain only
through its doors: `service`, `queries`, `events`, `errors`.

    roof      app  worker  cli  dev
              event_handlers
    floor 6   notifications
    floor 5   checkout  fulfilment  returns  imports
    floor 4   cart  orders  payments
    floor 3   inventory  pricing
    floor 2   accounts  catalog
    floor 1   platform
    ground    kernel
"""
