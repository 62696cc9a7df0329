"""Markets: what a shop's region decides about addresses, phones, tax and the look of tokens.

All places, streets and numbers are invented or taken from ranges reserved for fiction.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from tts_chaos.errors import UsageError

__all__ = ["REGIONS", "Region", "region_of"]


class Region(msgspec.Struct, frozen=True, kw_only=True):
    """One market.

    Attributes:
        levels: Names of the address levels from L0 (country) down.
        places: (name per level below the country ..., postal code).
        streets: First address lines without the number; `{}` takes the number.
        calling_code: International prefix of phone numbers.
        phone: A fictitious national number; `{}` takes three digits.
        token_prefix: Start of tokens and ciphers. Source: protocol facts, section 2.2 (documented).
        tax_rate: Tax on top of prices; 0 where prices include it.
        delivery_fee: List price of a standard delivery, in the shop's currency.
        payment_methods: Names as buyers see them.
    """

    code: str
    name: str
    levels: tuple[str, ...]
    places: tuple[tuple[str, ...], ...]
    streets: tuple[str, ...]
    calling_code: str
    phone: str
    token_prefix: str
    delivery_fee: Decimal
    tax_rate: Decimal = Decimal(0)
    payment_methods: tuple[str, ...] = ("Visa", "Mastercard")


_ROWS = (
    Region(
        code="GB",
        name="United Kingdom",
        levels=("Country", "Nation", "County", "City"),
        places=(
            ("England", "Norfolk", "Norwich", "NR2 4TA"),
            ("Wales", "Gwynedd", "Bangor", "LL57 1RR"),
            ("Scotland", "Moray", "Elgin", "IV30 1UF"),
        ),
        streets=("{} Tanner's Row", "Flat 3, {} Quince Street", "{} Saint Ebbe's Close"),
        calling_code="+44",
        phone="1632960{}",
        token_prefix="GCP_",  # noqa: S106 - a prefix, not a secret
        delivery_fee=Decimal("3.99"),
        payment_methods=("Visa", "PayPal", "Klarna"),
    ),
    Region(
        code="US",
        name="United States",
        levels=("Country", "State", "County", "City"),
        places=(
            ("Oregon", "Lane", "Eugene", "97405"),
            ("Maine", "Knox", "Rockland", "04841"),
            ("New Mexico", "Taos", "Taos", "87571"),
        ),
        streets=("{} Juniper Hollow Rd", "{} W Alder Ct Apt 6", "{} Old Ferry Ln"),
        calling_code="+1",
        phone="5415550{}",
        token_prefix="TTP_",  # noqa: S106
        delivery_fee=Decimal("5.99"),
        tax_rate=Decimal("0.0825"),
        payment_methods=("Visa", "PayPal", "Apple Pay"),
    ),
    Region(
        code="DE",
        name="Deutschland",
        levels=("Country", "State", "District", "City"),
        places=(
            ("Sachsen", "Görlitz", "Löbau", "02708"),
            ("Bayern", "Fürth", "Zirndorf", "90513"),
            ("Niedersachsen", "Göttingen", "Duderstadt", "37115"),
        ),
        streets=("Mühlgäßchen {}", "Große Straße {}", "Am Übersteg {}"),
        calling_code="+49",
        phone="3023125{}",
        token_prefix="GCP_",  # noqa: S106
        delivery_fee=Decimal("4.49"),
        payment_methods=("Visa", "PayPal", "SEPA"),
    ),
    Region(
        code="JP",
        name="日本",
        levels=("Country", "Prefecture", "City", "Town"),
        places=(
            ("北海道", "札幌市", "中央区", "060-0001"),
            ("東京都", "世田谷区", "北沢", "155-0031"),
            ("沖縄県", "那覇市", "泉崎", "900-0021"),
        ),
        streets=("{}丁目4番7号", "{}番地 青葉ハイツ201"),
        calling_code="+81",
        phone="900000{}0",
        token_prefix="ROW_",  # noqa: S106
        delivery_fee=Decimal("550"),
        payment_methods=("Visa", "JCB", "PayPay"),
    ),
    Region(
        code="VN",
        name="Việt Nam",
        levels=("Country", "Province", "District", "Ward"),
        places=(
            ("Thành phố Hồ Chí Minh", "Quận 3", "Phường Võ Thị Sáu", "72400"),
            ("Hà Nội", "Quận Đống Đa", "Phường Láng Hạ", "11500"),
            ("Đà Nẵng", "Quận Hải Châu", "Phường Thạch Thang", "50200"),
        ),
        streets=("Số {} đường Nguyễn Thị Định", "Ngõ {} phố Hồ Đắc Di"),
        calling_code="+84",
        phone="900000{}",
        token_prefix="ROW_",  # noqa: S106
        delivery_fee=Decimal("32000"),
        payment_methods=("Cash on delivery", "MoMo", "Visa"),
    ),
    Region(
        code="ID",
        name="Indonesia",
        levels=("Country", "Province", "City", "District"),
        places=(
            ("Jawa Barat", "Kota Bandung", "Coblong", "40132"),
            ("Bali", "Kota Denpasar", "Denpasar Barat", "80119"),
        ),
        streets=("Jl. Kenanga Raya No. {}", "Gg. Melati {} RT 04/RW 11"),
        calling_code="+62",
        phone="810000{}0",
        token_prefix="ROW_",  # noqa: S106
        delivery_fee=Decimal("18000"),
        payment_methods=("GoPay", "BCA Virtual Account"),
    ),
    Region(
        code="TH",
        name="ประเทศไทย",
        levels=("Country", "Province", "District", "Subdistrict"),
        places=(
            ("กรุงเทพมหานคร", "เขตบางรัก", "แขวงสีลม", "10500"),
            ("เชียงใหม่", "อำเภอเมือง", "ตำบลศรีภูมิ", "50200"),
        ),
        streets=("{} ซอยดอกแก้ว 5", "{}/12 ถนนริมคลอง"),
        calling_code="+66",
        phone="800000{}",
        token_prefix="ROW_",  # noqa: S106
        delivery_fee=Decimal("38.00"),
        payment_methods=("TrueMoney", "Visa"),
    ),
    Region(
        code="BR",
        name="Brasil",
        levels=("Country", "State", "City", "Neighborhood"),
        places=(
            ("São Paulo", "Jundiaí", "Anhangabaú", "13208-053"),
            ("Pará", "Belém", "Nazaré", "66035-170"),
        ),
        streets=("Rua das Acácias, {}", "Travessa São João, {} - Bloco B"),
        calling_code="+55",
        phone="11900000{}0",
        token_prefix="ROW_",  # noqa: S106
        delivery_fee=Decimal("12.90"),
        payment_methods=("Pix", "Visa"),
    ),
    Region(
        code="MX",
        name="México",
        levels=("Country", "State", "Municipality", "Neighborhood"),
        places=(
            ("Querétaro", "Querétaro", "Álamos", "76160"),
            ("Yucatán", "Mérida", "Itzimná", "97100"),
        ),
        streets=("Calle Peñón {}", "Av. Jacarandás {} Int. 2"),
        calling_code="+52",
        phone="55000000{}",
        token_prefix="ROW_",  # noqa: S106
        delivery_fee=Decimal("79.00"),
        payment_methods=("OXXO", "Visa"),
    ),
)

REGIONS: dict[str, Region] = {row.code: row for row in _ROWS}
"""Markets the twin can populate, by region code."""


def region_of(code: str) -> Region:
    """Return the market of a region code.

    Raises:
        UsageError: If the twin has no data for it; names those it has.
    """
    try:
        return REGIONS[code]
    except KeyError:
        known = ", ".join(sorted(REGIONS))
        raise UsageError(f"the twin has no market {code!r}; it has: {known}") from None
