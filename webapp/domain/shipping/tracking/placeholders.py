"""Placeholders that people and programs write instead of a tracking number."""
# ruff: noqa: E501 - the table of this file reads better a language a block

import re
import unicodedata

# Language -> words without case, accents, spaces and signs, as `fold` leaves them.
_WORDS = {
    "programs": "null nil none nan undefined void empty blank default na nv ref wert value name div0 zahl num bezug x "
    "xx xxx o test dummy sample example tba tbd tbc tbk",
    "english": "no notracking notrack notracked untracked notrackingnumber notrackingavailable withouttracking "
    "nonumber notavailable notapplicable notprovided notknown unknown missing pending awaiting waiting "
    "tofollow follows later soon comingsoon notyet notyetshipped notshipped unshipped shipped sent "
    "dispatched delivered return returned cancelled canceled letter lettermail standardmail post mail "
    "stamp pickup selfpickup collection collected localpickup handdelivered selfdelivery owndelivery "
    "personaldelivery digital download manual other see seeabove seebelow asabove same ditto",
    "german": "ohne ohnetracking ohnenummer ohnesendungsnummer ohnesendungsverfolgung ohneverfolgung keine kein "
    "keines keinetracking keintracking keinenummer keinesendungsnummer keineverfolgung nichtverfuegbar "
    "nichtverfugbar nichtvorhanden nichtbekannt unbekannt folgt folgtnoch folgtspater wirdnachgereicht "
    "nachgereicht ausstehend offen nochoffen spater brief briefpost briefversand warenpost warensendung "
    "buchersendung einschreiben selbstabholer selbstabholung abholung abgeholt botenfahrt eigenlieferung "
    "storniert storno siehe sieheoben versendet verschickt leer entfallt",
    "french": "sans sanssuivi sansnumero sansnumerodesuivi nonsuivi aucun aucune aucunnumero pasdesuivi pasdenumero "
    "nondisponible indisponible inconnu enattente avenir lettre lettreverte courrier retrait annule vide "
    "neant",
    "spanish": "sin sinseguimiento sinnumero sinrastreo ninguno ninguna nodisponible desconocido pendiente enespera "
    "carta correo recogida cancelado vacio sem semrastreio semrastreamento semnumero nenhum nenhuma "
    "naodisponivel desconhecido pendente",
    "italian": "senza senzatracking senzatracciamento senzanumero nessuno nessuna nessunnumero nondisponibile "
    "sconosciuto inattesa attesa dadefinire lettera posta ritiro annullato vuoto",
    "dutch": "zonder zondertracking zondertracktrace geen geentracking geentracktrace geennummer nietbeschikbaar "
    "onbekend volgt inafwachting afwachting brievenbuspost briefpakket ophalen afgehaald geannuleerd leeg "
    "nvt",
    "swedish": "utan utansparning utantracking ingen inget ingenting ejsparbar ejtillganglig saknas okand vantar "
    "avvaktar kommer brev avhamtning hamtas avbruten makulerad tom uden udentracking ikketilgaengelig "
    "ukendt uten utensporing ukjent venter",
    "polish": "brak braknumeru bez beznumeru bezsledzenia nieznany niedostepny oczekuje oczekujace wtrakcie list "
    "listzwykly odbior anulowane puste",
    "turkish": "yok takipyok takipnoyok takipsiz numarasiz bilinmiyor bekliyor beklemede hazirlaniyor mektup "
    "eldenteslim iptal bos",
    "chinese": "无 無 没有 沒有 无单号 無單號 无运单号 没有单号 无跟踪号 无追踪 暂无 暫無 空 空白 待定 待发货 待發貨 未发货 未發貨 未出货 已发货 已發貨 处理中 處理中 未知 自提 平邮 平郵 "
    "挂号信 取消 已取消 不适用 稍后 稍後 待更新",
    "japanese": "なし 無し ナシ 追跡なし 追跡番号なし 番号なし 未定 未発送 未出荷 発送済み 発送待ち 準備中 不明 該当なし 後日 普通郵便 定形外 定形外郵便 手渡し キャンセル",
}
_PLACEHOLDERS = frozenset(word for words in _WORDS.values() for word in words.split())
_FOLDED = str.maketrans({"ł": "l", "ø": "o", "ı": "i", "đ": "d", "æ": "ae", "œ": "oe", "ß": "ss"})


def is_placeholder(text: str) -> bool:
    """Return whether a text stands for a missing number: a word or one repeated character."""
    word = fold(text)
    return not word or word in _PLACEHOLDERS or len(set(word)) == 1


def fold(text: str) -> str:
    """Normalize a text for comparison: lowercase letters and digits, without accents."""
    parts = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold().translate(_FOLDED))
    letters = "".join(sign for sign in parts if not unicodedata.combining(sign) or sign in "\u3099\u309a")
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", letters))
