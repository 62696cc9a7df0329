"""Every module of the twin that registers handlers, commands, timers or followers.

Importing this one imports all of them. A new one is added here, or a test says so.
"""

from __future__ import annotations

from tts_chaos.twin import commands, population
from tts_chaos.twin.domains.authorization import commands as authorization_commands
from tts_chaos.twin.domains.authorization import operations as authorization_operations
from tts_chaos.twin.domains.event import operations as event_operations
from tts_chaos.twin.domains.finance import operations as finance_operations
from tts_chaos.twin.domains.fulfillment import arranging as fulfillment_arranging
from tts_chaos.twin.domains.fulfillment import commands as fulfillment_commands
from tts_chaos.twin.domains.fulfillment import correcting as fulfillment_correcting
from tts_chaos.twin.domains.fulfillment import operations as fulfillment_operations
from tts_chaos.twin.domains.fulfillment import packages as fulfillment_packages
from tts_chaos.twin.domains.fulfillment import shipping as fulfillment_shipping
from tts_chaos.twin.domains.fulfillment import tracking as fulfillment_tracking
from tts_chaos.twin.domains.fulfillment import uploads as fulfillment_uploads
from tts_chaos.twin.domains.logistics import operations as logistics_operations
from tts_chaos.twin.domains.order import commands as order_commands
from tts_chaos.twin.domains.order import operations as order_operations
from tts_chaos.twin.domains.order import progress as order_progress
from tts_chaos.twin.domains.order import references as order_references
from tts_chaos.twin.domains.product import advice as product_advice
from tts_chaos.twin.domains.product import auditing as product_auditing
from tts_chaos.twin.domains.product import brands as product_brands
from tts_chaos.twin.domains.product import care as product_care
from tts_chaos.twin.domains.product import classification as product_classification
from tts_chaos.twin.domains.product import commands as product_commands
from tts_chaos.twin.domains.product import compliance as product_compliance
from tts_chaos.twin.domains.product import creating as product_creating
from tts_chaos.twin.domains.product import editing as product_editing
from tts_chaos.twin.domains.product import global_products as product_global_products
from tts_chaos.twin.domains.product import image_work as product_image_work
from tts_chaos.twin.domains.product import inventory as product_inventory
from tts_chaos.twin.domains.product import listings as product_listings
from tts_chaos.twin.domains.product import media as product_media
from tts_chaos.twin.domains.product import prerequisites as product_prerequisites
from tts_chaos.twin.domains.product import prices as product_prices
from tts_chaos.twin.domains.product import replicas as product_replicas
from tts_chaos.twin.domains.product import search as product_search
from tts_chaos.twin.domains.product import size_charts as product_size_charts
from tts_chaos.twin.domains.promotion import activities as promotion_activities
from tts_chaos.twin.domains.promotion import activity_products as promotion_activity_products
from tts_chaos.twin.domains.promotion import coupons as promotion_coupons
from tts_chaos.twin.domains.return_refund import cancellations as return_refund_cancellations
from tts_chaos.twin.domains.return_refund import cancelling as return_refund_cancelling
from tts_chaos.twin.domains.return_refund import commands as return_refund_commands
from tts_chaos.twin.domains.return_refund import deciding as return_refund_deciding
from tts_chaos.twin.domains.return_refund import requesting as return_refund_requesting
from tts_chaos.twin.domains.return_refund import returning as return_refund_returning
from tts_chaos.twin.domains.return_refund import returns as return_refund_returns
from tts_chaos.twin.domains.seller import operations as seller_operations

__all__ = ["REGISTERING_MODULES"]

REGISTERING_MODULES = (
    commands,
    population,
    authorization_commands,
    authorization_operations,
    event_operations,
    finance_operations,
    fulfillment_arranging,
    fulfillment_commands,
    fulfillment_correcting,
    fulfillment_operations,
    fulfillment_packages,
    fulfillment_shipping,
    fulfillment_tracking,
    fulfillment_uploads,
    logistics_operations,
    order_commands,
    order_operations,
    order_progress,
    order_references,
    product_advice,
    product_auditing,
    product_brands,
    product_care,
    product_classification,
    product_commands,
    product_compliance,
    product_creating,
    product_editing,
    product_global_products,
    product_image_work,
    product_inventory,
    product_listings,
    product_media,
    product_prerequisites,
    product_prices,
    product_replicas,
    product_search,
    product_size_charts,
    promotion_activities,
    promotion_activity_products,
    promotion_coupons,
    return_refund_cancellations,
    return_refund_cancelling,
    return_refund_commands,
    return_refund_deciding,
    return_refund_requesting,
    return_refund_returning,
    return_refund_returns,
    seller_operations,
)
"""All of them, in the order in which they register."""
