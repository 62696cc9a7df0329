"""A shop's day as load: checkout, inventory, order management. Change it, or add users of your own.

    tts-chaos load --profile peak-sale --locustfile locustfile.py
    locust -f locustfile.py --host http://127.0.0.1:8080 --tts-control http://127.0.0.1:9000

The first starts everything and judges it. The second drives a front door that runs already, with
Locust's web page, or `--headless`, or `--master` and `--worker`; see docs/load.md.
"""

from tts_chaos.load.listeners import install
from tts_chaos.load.users import CheckoutUser, InventoryUser, OrderUser

__all__ = ["CheckoutUser", "InventoryUser", "OrderUser"]

install()
