"""The routes of all packages, in the order of the document: what the web has beyond the worker."""

from api.accounts import admin_routes as account_admin_routes
from api.accounts import routes as account_routes
from api.approvals import routes as approval_routes
from api.attention import routes as attention_routes
from api.back_in_stock import routes as back_in_stock_routes
from api.carriers import admin_routes as carrier_routes
from api.cart import routes as cart_routes
from api.catalog import admin_routes as catalog_admin_routes
from api.catalog import routes as catalog_routes
from api.checkout import routes as checkout_routes
from api.customers import admin_routes as customer_admin_routes
from api.doctor import routes as doctor_routes
from api.draft_orders import admin_routes as draft_order_admin_routes
from api.draft_orders import routes as draft_order_routes
from api.fulfilment import routes as fulfilment_routes
from api.imports import admin_routes as import_routes
from api.inventory import routes as inventory_routes
from api.notifications import routes as notification_routes
from api.order_details import admin_routes as order_details_admin_routes
from api.order_details import routes as order_details_routes
from api.order_edits import admin_routes as order_edit_routes
from api.order_edits import routes as own_order_routes
from api.orders import admin_routes as order_admin_routes
from api.orders import routes as order_routes
from api.packing import routes as packing_routes
from api.payments import routes as payment_routes
from api.picking import routes as picking_routes
from api.platform import country_routes
from api.platform.http import Blueprint
from api.presence import routes as presence_routes
from api.printing import admin_routes as printing_routes
from api.promotions import admin_routes as promotion_admin_routes
from api.purchasing import admin_routes as purchasing_routes
from api.returns import admin_routes as return_admin_routes
from api.returns import routes as return_routes
from api.scan import routes as scan_routes
from api.shared_parcels import admin_routes as shared_parcel_routes
from api.shipping import admin_routes as shipping_admin_routes
from api.shipping import routes as shipping_routes
from api.shipping_labels import admin_routes as label_admin_routes
from api.shipping_labels import routes as label_routes
from api.stored_value import admin_routes as stored_value_admin_routes
from api.stored_value import routes as stored_value_routes
from api.tax import admin_routes as tax_admin_routes
from api.tax import routes as tax_routes
from api.warehouse import admin_routes as warehouse_admin_routes
from api.warehouse import routes as warehouse_routes

BLUEPRINTS: tuple[Blueprint, ...] = (
    country_routes.blueprint,
    account_routes.blueprint,
    account_routes.users,
    *account_admin_routes.blueprints,
    catalog_routes.blueprint,
    *catalog_admin_routes.blueprints,
    *import_routes.blueprints,
    inventory_routes.blueprint,
    shipping_routes.blueprint,
    shipping_admin_routes.blueprint,
    carrier_routes.blueprint,
    label_admin_routes.blueprint,
    label_routes.blueprint,
    stored_value_routes.gift_cards,
    stored_value_routes.store_credit,
    stored_value_admin_routes.blueprint,
    promotion_admin_routes.blueprint,
    tax_admin_routes.blueprint,
    *purchasing_routes.blueprints,
    tax_routes.blueprint,
    cart_routes.blueprint,
    checkout_routes.checkout,
    checkout_routes.payments,
    checkout_routes.orders_blueprint,
    order_routes.blueprint,
    payment_routes.blueprint,
    *order_admin_routes.blueprints,
    customer_admin_routes.blueprint,
    checkout_routes.admin,
    checkout_routes.estimates_blueprint,
    *return_admin_routes.blueprints,
    *return_routes.blueprints,
    fulfilment_routes.blueprint,
    fulfilment_routes.dashboard,
    scan_routes.blueprint,
    *picking_routes.blueprints,
    printing_routes.blueprint,
    *packing_routes.blueprints,
    warehouse_routes.blueprint,
    order_edit_routes.blueprint,
    shared_parcel_routes.blueprint,
    own_order_routes.blueprint,
    draft_order_admin_routes.blueprint,
    draft_order_admin_routes.pay_links,
    draft_order_routes.blueprint,
    warehouse_admin_routes.blueprint,
    order_details_admin_routes.blueprint,
    order_details_routes.blueprint,
    approval_routes.blueprint,
    attention_routes.blueprint,
    presence_routes.blueprint,
    doctor_routes.blueprint,
    notification_routes.blueprint,
    back_in_stock_routes.blueprint,
    back_in_stock_routes.admin,
)
