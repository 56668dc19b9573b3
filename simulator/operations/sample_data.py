"""Invented names, addresses and products of generated orders."""
# ruff: noqa: E501 - the tables of this file read better a row a line

from dataclasses import dataclass

# (SKU stem, English title, price in euro cents). Each marketplace sells the same products in its own currency.
PRODUCTS = (
    ("ANV-KETTLE", "Enamel kettle, 1.2 litres, forest green", 3495),
    ("ANV-PAN24", "Cast iron pan with lid, 24 cm", 5990),
    ("ANV-HOOK3", "Wall hooks of forged steel, set of three", 1849),
    ("BRC-BOARD", "Cutting board of oiled birch, 40 x 28 cm", 2795),
    ("BRC-STOOL", "Folding stool of solid birch", 6499),
    ("BRC-SPOON5", "Wooden spoons, set of five", 1290),
    ("BRC-CLOCK", "Wall clock, birch plywood, silent movement", 4250),
    ("WOL-BLKT", "Wool blanket 130 x 200 cm, grey herringbone", 8990),
    ("WOL-SOCK2", "Wool socks, two pairs, size 39-42", 1990),
    ("LIN-TOWEL4", "Linen kitchen towels, four pieces", 2450),
    ("CER-MUG6", "Stoneware mugs, set of six, speckled", 4490),
    ("LMP-DESK", "Desk lamp with jointed arm, brass", 7925),
)


@dataclass(frozen=True, slots=True)
class CountryData:
    """Names and places. `streets` have a placeholder for the house number."""

    first: tuple[str, ...]
    last: tuple[str, ...]
    streets: tuple[str, ...]
    # (city, region, postal code)
    places: tuple[tuple[str, str, str], ...]
    phone: str


COUNTRIES = {
    "DE": CountryData(
        ("Jorun", "Tilwin", "Merle", "Hanno", "Swantje", "Ruven", "Käthe", "Jörn"),
        ("Birkenhain", "Morgenfeld", "Größlingen", "Distelkamp", "Ährenberg", "Wolkensteg", "Sühlmann-Ohm", "Lindwasser"),
        ("Apfelgasse {}", "Am alten Wehr {}", "Große Heuwiese {}", "Straße der Weber {}"),
        (("Berlin", "Berlin", "10999"), ("Köln", "Nordrhein-Westfalen", "50667"), ("Görlitz", "Sachsen", "02826"), ("Lübeck", "", "23552")),
        "+49 151 000",
    ),
    "GB": CountryData(
        ("Merrin", "Tobin", "Elowen", "Hollis", "Briony", "Alder", "Wren", "Corin"),
        ("Larkwater", "Thistlewaite-Moor", "O'Dunmore", "Penhallick", "Ashgrove", "Brackenridge", "Quillfeather", "Marlstone"),
        ("{} Kiln Lane", "Flat 3, {} Weavers Row", "{} St Osyth's Mews", "The Old Mill, {} Ford Street"),
        (("London", "", "E8 3RL"), ("Leeds", "West Yorkshire", "LS1 4AP"), ("Llanfairpwllgwyngyll", "Anglesey", "LL61 5UJ"), ("Bath", "Somerset", "BA1 1LN")),
        "+44 7700 900",
    ),
    "FR": CountryData(
        ("Maëlle", "Anselme", "Océane", "Thibaud", "Solène", "Loïc", "Héloïse", "Côme"),
        ("Dubocage", "L'Aubépine", "Vauclair", "de La Rivièredorée", "Boisfleury", "Châtaigné", "Montjoie", "Ormelune"),
        ("{} rue de l'Églantine", "{} bis, allée des Tilleuls", "{} quai du Moulin", "{} impasse Saint-Çaprais"),
        (("Paris", "Île-de-France", "75011"), ("Lyon", "", "69007"), ("Orléans", "", "45000"), ("L'Haÿ-les-Roses", "Val-de-Marne", "94240")),
        "+33 6 00 00",
    ),
    "SE": CountryData(
        ("Ylva", "Torkel", "Siv", "Åke", "Tuva", "Ivar", "Märta", "Östen"),
        ("Björkdal", "Ängsgård", "Sjövall", "Lövstig", "Granskog", "Åkerljung", "Stenvik", "Råberg"),
        ("Björkvägen {}", "Södra Ängsgatan {}", "Kvarnstigen {}", "Hökens gränd {}"),
        (("Stockholm", "", "116 46"), ("Göteborg", "", "411 08"), ("Malmö", "Skåne", "211 20"), ("Örebro", "", "702 10")),
        "+46 70 000",
    ),
    "PL": CountryData(
        ("Bożena", "Mścisław", "Jagna", "Witold", "Żaneta", "Radomir", "Łucja", "Gniewko"),
        ("Brzozowicz", "Świerkowska", "Źródlak", "Jabłonowiec", "Dębogóra", "Łąkowicz", "Wrzosek-Mąka", "Kalinowiec"),
        ("ul. Źródlana {}", "ul. Świętej Łucji {}", "al. Brzozowa {}/4", "os. Młyńskie {}"),
        (("Łódź", "łódzkie", "90-001"), ("Kraków", "małopolskie", "30-001"), ("Gdańsk", "", "80-001"), ("Wrocław", "", "50-001")),
        "+48 500 000",
    ),
    "JP": CountryData(
        ("楓", "蓮太郎", "千尋", "湊", "小春", "樹", "美月", "凪"),
        ("白樺", "月見里", "小鳥遊", "川霧", "若葉野", "星谷", "雪ノ下", "朝凪"),
        ("桜木町{}丁目5-3", "緑ケ丘{}-12", "若葉{}番地 ハイツ白樺 203号室", "東海岸{}-8-1"),
        (("渋谷区", "東京都", "150-0002"), ("札幌市中央区", "北海道", "060-0001"), ("横浜市", "神奈川県", "220-0012"), ("京都市", "京都府", "600-8001")),
        "+81 90-0000-",
    ),
}  # fmt: skip
# Marketplaces without data of their own use that of another country.
FALLBACK_COUNTRIES = {
    "IE": "GB",
    "US": "GB",
    "CA": "GB",
    "AU": "GB",
    "SG": "GB",
    "IN": "GB",
    "BE": "FR",
    "NL": "DE",
    "IT": "FR",
    "ES": "FR",
}

COMPANIES = ("Werkhof {} GmbH", "{} & Daughters Ltd", "Atelier {}", "{} Trading", "Studio {} – Büro für Möbel")
GIFT_MESSAGES = (
    "Happy birthday! See you on Sunday.",
    "Für die neue Küche – mit Liebe ❤️",
    "Joyeux anniversaire !\nÀ très vite,\ntoute la famille",
    "お誕生日おめでとう🎂",
    'It\'s "only" a small thing & nothing <b>special</b>',
)
CANCEL_REASONS = ("Ordered by mistake", "Item would not arrive on time", "Found a better price", "")

# Recipients that have broken other people's software. Each replaces the fields it names; None removes a field.
DIFFICULT_RECIPIENTS: tuple[dict[str, str | None], ...] = (
    {"name": "Freifrau Wilhelmine-Adelheid Sophie von und zu Birkenhain-Morgenfeld auf Distelkamp und Lindwasser", "addressLine1": "Hinterhaus, dritter Aufgang links, " * 4 + "Apfelgasse 12"},
    {"name": "Ünal Çağlayanğöl-Öztürkşen", "city": "Groß-Özdüne"},
    {"name": "月見里 千尋", "addressLine1": "緑ケ丘3-12 ハイツ白樺 203号室", "city": "横浜市"},
    {"name": "🌲 Wren 🌲", "addressLine2": "ring 🔔 twice 👍🏽"},
    {"name": "Hollis \"The Kettle\" O'Dunmore", "addressLine2": "c/o 'Mill' \\ back yard; -- side door"},
    {"name": "\"><script>alert(1)</script>", "addressLine1": "<img src=x onerror=alert(2)> 7", "addressLine2": "{{ 7 * 7 }} ${7*7} %s"},
    {"name": "נועה אורןגבע", "addressLine1": "רחוב הברוש 14", "city": "באר אשל"},
    {"name": "\u202eesrever si eman siht\u202c", "addressLine2": "zero\u200bwidth"},
    {"name": None, "addressLine1": "Poste restante", "phone": None},
    {"name": "", "companyName": "Lagerhaus am Wehr", "addressLine2": "z. Hd. Merle Wolkensteg"},
    {"name": ".", "addressLine1": "-", "addressLine2": "Briony Quillfeather, 4 Kiln Lane", "stateOrRegion": ""},
    {"name": "=HYPERLINK(\"http://example.invalid\")", "companyName": "+1 @SUM(A1:A9)", "postalCode": None},
    {"name": "  Torkel\tBjörkdal \n", "addressLine1": "Kvarnstigen 1\nHus B\r\nPort 2"},
    {"name": "NULL", "addressLine1": "undefined 0", "stateOrRegion": None, "postalCode": ""},
)  # fmt: skip
