from webapp.db import search_term_hasher
from webapp.db.encryption import FieldCipher
from webapp.db.search_term_hasher import SearchTermHasher
from webapp.domain.search_tokenizer import IndexableOrder


def open_with(monkeypatch, key: str) -> None:
    cipher = FieldCipher()
    cipher.set_keys((key,))
    monkeypatch.setattr(search_term_hasher, "field_cipher", cipher)


def words_under(monkeypatch, key: str) -> set[str]:
    open_with(monkeypatch, key)
    return set(SearchTermHasher().build_document(IndexableOrder("305-1", goods=["A Kettle", "KETTLE-1", None])).split())


def test_cached_goods_are_hashed_with_the_current_key(monkeypatch):
    one, other = words_under(monkeypatch, "one key, long enough"), words_under(monkeypatch, "another key, long enough")

    assert len(one - other) == len(other - one) == 3
    assert words_under(monkeypatch, "one key, long enough") == one


def test_the_cache_of_goods_is_bounded(monkeypatch):
    open_with(monkeypatch, "one key, long enough")
    monkeypatch.setattr(search_term_hasher, "_MAX_CACHED_GOODS", 2)
    search_term_hasher._GOODS_CACHE.clear()

    for n in range(9):
        SearchTermHasher().build_document(IndexableOrder("305-1", goods=[f"SKU-{n}"]))
        assert len(search_term_hasher._GOODS_CACHE) <= 2
