"""Invented buyers, in the scripts that real ones write in.

A text column that is too short, a wrong collation, a right-to-left name or a character outside the
basic plane breaks integrations; so every population has all of them.
"""

from __future__ import annotations

__all__ = ["MESSAGES", "NAMES_BY_REGION", "NAMES_OF_THE_WORLD"]

NAMES_BY_REGION: dict[str, tuple[tuple[str, str], ...]] = {
    "GB": (("Maeve", "O'Dowd-Fforest"), ("Rhys", "Llŷr"), ("Isla", "Mac an Tàilleir")),
    "US": (("Jordan", "Alcott"), ("Renée", "Núñez"), ("D'Shawn", "Okafor")),
    "DE": (("Jürgen", "Weißgräber"), ("Zoë", "Höß"), ("Käthe", "von der Ötz")),
    "JP": (("さくら", "高橋"), ("健太", "渡邊"), ("ﾕｳｺ", "ｻﾄｳ")),
    "VN": (("Thị Ánh Nguyệt", "Nguyễn"), ("Đức Trường", "Phạm"), ("Quỳnh", "Đặng")),
    "ID": (("Ayu", "Kartikasari"), ("Budi", "")),
    "TH": (("กมลชนก", "ศรีสุวรรณ"), ("ณัฐวุฒิ", "ใจดี")),
    "BR": (("João", "Gonçalves"), ("Conceição", "Araújo")),
    "MX": (("Íñigo", "Muñoz Ibáñez"), ("Xóchitl", "Güemes")),
}
"""(first name, last name) by region; some people have one name only."""

NAMES_OF_THE_WORLD: tuple[tuple[str, str], ...] = (
    ("Łucja", "Źdźbło"),
    ("Светлана", "Ёлкина"),
    ("Χρυσάνθη", "Παπαδοπούλου"),
    ("محمد", "العلي"),
    ("שירה", "בן־דוד"),
    ("พิมพ์ชนก", "วงศ์ใหญ่"),
    ("Ngọc Diễm", "Huỳnh"),
    ("小龙", "欧阳"),
    ("翔太", "髙﨑"),
    ("지우", "남궁"),
    ("अनन्या", "श्रीवास्तव"),
    ("Siân", "Ó Súilleabháin"),
)
"""Names that turn up in any market, one per script."""

MESSAGES: tuple[str, ...] = (
    "",
    "Please leave with the neighbour at no. 9 🙏",
    "",
    "Geschenk 🎁 – bitte ohne Rechnung, danke!",
    "",
    'Is it "true blue"? 50% <b>sure</b> & it\'s for M&S\\Co',
    "",
    "👩🏽‍🚀👨‍👩‍👧‍👦 gift for the whole family\nring twice",
    "",
    "من فضلك اتصل قبل التسليم",
)
"""Messages to the seller: mostly none, the others chosen to break careless code."""
