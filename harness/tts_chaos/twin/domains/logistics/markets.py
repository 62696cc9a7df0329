"""Places and carriers of each market, for believable warehouses. Invented streets and numbers."""

from __future__ import annotations

import msgspec

__all__ = ["MARKETS", "Market", "market_of"]


class Market(msgspec.Struct, frozen=True, kw_only=True):
    """One market: a town for the warehouses and the carriers that serve it."""

    country: str
    state: str
    city: str
    street: str
    postal_code: str
    phone: str
    carriers: tuple[str, ...]


MARKETS: dict[str, Market] = {
    "GB": Market(
        country="United Kingdom",
        state="England",
        city="Leicester",
        street="Harrow Mill Way",
        postal_code="LE3 1TX",
        phone="(+44)1632960118",
        carriers=("Royal Mail", "Evri", "DPD"),
    ),
    "US": Market(
        country="United States",
        state="Oregon",
        city="Eugene",
        street="Millrace Way",
        postal_code="97402",
        phone="(+1)5415550142",
        carriers=("USPS", "UPS", "FedEx"),
    ),
    "DE": Market(
        country="Deutschland",
        state="Hessen",
        city="Kassel",
        street="Am Lagerhof",
        postal_code="34123",
        phone="(+49)5615550142",
        carriers=("DHL", "Hermes", "DPD"),
    ),
    "FR": Market(
        country="France",
        state="Centre-Val de Loire",
        city="Orléans",
        street="Rue des Entrepôts",
        postal_code="45100",
        phone="(+33)261910142",
        carriers=("Colissimo", "Mondial Relay", "Chronopost"),
    ),
    "IT": Market(
        country="Italia",
        state="Emilia-Romagna",
        city="Piacenza",
        street="Via dei Magazzini",
        postal_code="29122",
        phone="(+39)05235550142",
        carriers=("Poste Italiane", "BRT", "GLS"),
    ),
    "ES": Market(
        country="España",
        state="Aragón",
        city="Zaragoza",
        street="Calle del Almacén",
        postal_code="50197",
        phone="(+34)976555014",
        carriers=("Correos", "SEUR", "GLS"),
    ),
    "JP": Market(
        country="日本",
        state="埼玉県",
        city="川越市",
        street="新宿町",
        postal_code="350-1124",
        phone="(+81)495550142",
        carriers=("ヤマト運輸", "佐川急便", "日本郵便"),
    ),
    "VN": Market(
        country="Việt Nam",
        state="Bình Dương",
        city="Thuận An",
        street="Đường Kho Bãi",
        postal_code="820000",
        phone="(+84)2745550142",
        carriers=("J&T Express", "Giao Hàng Nhanh", "VNPost"),
    ),
    "ID": Market(
        country="Indonesia",
        state="Jawa Barat",
        city="Bekasi",
        street="Jalan Gudang Raya",
        postal_code="17530",
        phone="(+62)2155550142",
        carriers=("J&T Express", "JNE", "SiCepat"),
    ),
    "TH": Market(
        country="ประเทศไทย",
        state="ชลบุรี",
        city="ศรีราชา",
        street="ถนนคลังสินค้า",
        postal_code="20230",
        phone="(+66)385550142",
        carriers=("Flash Express", "Kerry Express", "Thailand Post"),
    ),
    "MY": Market(
        country="Malaysia",
        state="Selangor",
        city="Shah Alam",
        street="Jalan Gudang",
        postal_code="40150",
        phone="(+60)355550142",
        carriers=("J&T Express", "Pos Laju", "Ninja Van"),
    ),
    "PH": Market(
        country="Philippines",
        state="Laguna",
        city="Calamba",
        street="Depot Road",
        postal_code="4027",
        phone="(+63)495550142",
        carriers=("J&T Express", "LBC", "Ninja Van"),
    ),
    "SG": Market(
        country="Singapore",
        state="Singapore",
        city="Singapore",
        street="Godown Crescent",
        postal_code="628000",
        phone="(+65)65550142",
        carriers=("Ninja Van", "SingPost", "J&T Express"),
    ),
    "BR": Market(
        country="Brasil",
        state="São Paulo",
        city="Cajamar",
        street="Rua dos Galpões",
        postal_code="07750-000",
        phone="(+55)1155550142",
        carriers=("Correios", "Jadlog", "Loggi"),
    ),
    "MX": Market(
        country="México",
        state="Estado de México",
        city="Tepotzotlán",
        street="Calle de las Bodegas",
        postal_code="54600",
        phone="(+52)5555550142",
        carriers=("Estafeta", "J&T Express", "DHL"),
    ),
}
"""Markets by region code."""


def market_of(region: str) -> Market:
    """Return the market of a region; markets without an entry borrow that of GB."""
    return MARKETS.get(region, MARKETS["GB"])
