"""Severity words and encodings of flat-file processing reports, which come in the language of the seller's account."""

import unicodedata

WARNING, ERROR = "Warning", "Error"

# The languages of Amazon's marketplaces and of the accounts in Seller Central.
_WARNINGS = (
    *("warning", "warn", "info", "information", "notice", "caution", "alert"),
    *("warnung", "hinweis", "achtung"),
    *("avertissement", "attention", "mise en garde"),
    *("advertencia", "aviso", "alerta", "advertència", "avís"),
    *("avviso", "avvertenza", "avvertimento", "attenzione"),
    *("waarschuwing", "varning", "advarsel", "varoitus"),
    *("ostrzeżenie", "uwaga", "varování", "upozornění", "varovanie", "figyelmeztetés", "avertisment"),
    *("uyarı", "ikaz", "advertência", "atenção", "προειδοποίηση", "предупреждение"),
    *("警告", "注意", "경고", "주의", "تحذير", "تنبيه", "אזהרה"),
    *("cảnh báo", "คำเตือน", "peringatan", "amaran"),
    *("चेतावनी", "எச்சரிக்கை", "హెచ్చరిక", "ಎಚ್ಚರಿಕೆ", "മുന്നറിയിപ്പ്", "সতর্কতা", "सावधानी", "ચેતવણી"),
)
_ERRORS = (
    *("error", "fatal", "fatal error", "failure", "failed"),
    *("fehler", "erreur", "errore", "fout", "fel", "feil", "fejl", "virhe", "falla", "fallo"),
    *("błąd", "chyba", "hiba", "eroare", "hata", "erro", "falha", "σφάλμα", "ошибка"),
    *("エラー", "错误", "錯誤", "오류", "에러", "خطأ", "שגיאה"),
    *("lỗi", "ข้อผิดพลาด", "kesalahan", "ralat"),
    *("त्रुटि", "பிழை", "లోపం", "ದೋಷ", "പിശക്", "ত্রুটি", "त्रुटी", "ભૂલ"),
)
# Amazon names the standard; the files have characters of the vendor's extension of it.
_EXTENDED = {
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "cp950",
    "euc-kr": "cp949",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "iso-8859-9": "cp1254",
}


def severity(word: str) -> str | None:
    """Return WARNING or ERROR for a word in any language, None for an unknown word."""
    return _SEVERITIES.get(_normalize_key(word))


def decode(document: bytes, charset: str) -> str:
    """Return the text of a report. `charset` is the one it came with, for reports that are not UTF-8 or UTF-16.

    Never fails: numbers and names of columns are ASCII in each of the encodings, so they survive a wrong one.
    """
    if document.startswith((b"\xff\xfe", b"\xfe\xff")):
        return document.decode("utf-16", errors="replace")
    try:
        return document.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    try:
        return document.decode(_EXTENDED.get(charset.lower(), charset), errors="replace")
    except LookupError:
        return document.decode("cp1252", errors="replace")


def _normalize_key(word: str) -> str:
    """Ignore case, width, accents, a dotless i and punctuation around the word."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", word).casefold())
    plain = "".join(sign for sign in folded if unicodedata.combining(sign) != _ACCENT)
    return plain.replace("ı", "i").strip(" .:!*[]()")


# The combining class of accents above a letter; marks of other scripts are part of their letters.
_ACCENT = 230
_SEVERITIES = {_normalize_key(word): WARNING for word in _WARNINGS} | {_normalize_key(word): ERROR for word in _ERRORS}
