import base64

import pytest
from sqlalchemy.dialects import sqlite

from webapp.db.encryption import DecryptionError, Encrypted, EncryptedJson, FieldCipher

OLD, NEW = "an old key of this installation, long enough", "a new key of this installation, long enough"


def a_cipher(*keys):
    cipher = FieldCipher()
    cipher.set_keys(keys)
    return cipher


def test_what_goes_in_comes_out_and_never_looks_the_same_twice():
    cipher = a_cipher(NEW)

    assert cipher.decrypt_bytes(cipher.encrypt_bytes(b"somebody")) == b"somebody"
    assert cipher.decrypt(cipher.encrypt(b"somebody")) == b"somebody"
    assert cipher.encrypt_bytes(b"somebody") != cipher.encrypt_bytes(b"somebody")
    assert b"somebody" not in cipher.encrypt_bytes(b"somebody")


def test_values_of_an_old_key_are_read_after_a_new_one_was_added():
    encrypted = a_cipher(OLD).encrypt_bytes(b"somebody")

    assert a_cipher(NEW, OLD).decrypt_bytes(encrypted) == b"somebody"
    with pytest.raises(DecryptionError):
        a_cipher(NEW).decrypt_bytes(encrypted)


def test_any_bit_that_was_changed_is_noticed():
    cipher = a_cipher(NEW)
    encrypted = cipher.encrypt_bytes(b"somebody")

    for place in range(len(encrypted)):
        changed = bytearray(encrypted)
        changed[place] ^= 1
        with pytest.raises(DecryptionError):
            cipher.decrypt_bytes(bytes(changed))


@pytest.mark.parametrize("token", [b"", b"A", b"AAAA", b"gAAAAA", b"nothing of ours", "ü".encode()])
def test_what_the_cipher_never_encrypted_is_refused(token):
    with pytest.raises(DecryptionError):
        a_cipher(NEW).decrypt(token)


def test_a_cipher_without_keys_says_so():
    with pytest.raises(DecryptionError, match="No encryption keys"):
        FieldCipher().encrypt_bytes(b"somebody")


def test_values_encrypted_together_have_nonces_of_their_own_and_equal_ones_differ():
    for many in [2, 3, 500]:
        cipher = a_cipher(NEW)

        encrypted = cipher.encrypt_many([b"the same"] * many)

        nonces = {one[5:17] for one in encrypted}
        assert len(nonces) == len(set(encrypted)) == many, many
        assert {cipher.decrypt_bytes(one) for one in encrypted} == {b"the same"}, many
        # Nor are they those of the values encrypted next.
        assert nonces.isdisjoint(one[5:17] for one in cipher.encrypt_many([b"the same"] * many)), many


@pytest.mark.parametrize("kind", [Encrypted(), EncryptedJson()])
def test_columns_written_in_bulk_have_nonces_of_their_own(app, kind):
    stored = kind.bind_many(["the same"] * 100, sqlite.dialect())
    nonces = {(base64.urlsafe_b64decode(one) if isinstance(one, str) else one)[5:17] for one in stored}

    assert len(nonces) == 100


def test_an_equal_parameter_never_looks_the_same_twice():
    cipher = a_cipher(NEW)

    tokens = {cipher.encrypt_parameter("somebody", b"readers") for _ in range(100)}

    assert len({base64.urlsafe_b64decode(token)[5:17] for token in tokens}) == len(tokens) == 100
    assert {cipher.decrypt_parameter(token, b"readers") for token in tokens} == {"somebody"}


def test_a_parameter_is_opened_for_its_audience_only():
    cipher = a_cipher(NEW)
    token = cipher.encrypt_parameter("somebody", b"readers")

    for audience in (b"everybody", b"reader", b""):
        with pytest.raises(DecryptionError):
            cipher.decrypt_parameter(token, audience)


def test_a_parameter_and_a_stored_value_are_never_taken_for_each_other():
    cipher = a_cipher(NEW)

    with pytest.raises(DecryptionError):
        cipher.decrypt_parameter(cipher.encrypt(b"somebody").decode(), b"")
    with pytest.raises(DecryptionError):
        cipher.decrypt(cipher.encrypt_parameter("somebody", b"").encode())


def test_values_are_encrypted_with_the_newest_key_alone():
    both = a_cipher(NEW, OLD)
    stored = [both.encrypt_bytes(b"somebody"), *both.encrypt_many([b"somebody"] * 2)]
    token = both.encrypt_parameter("somebody", b"readers")

    assert {a_cipher(NEW).decrypt_bytes(one) for one in stored} == {b"somebody"}
    assert a_cipher(NEW).decrypt_parameter(token, b"readers") == "somebody"
    assert all(both.uses_newest_key(one) for one in stored)
    assert not both.uses_newest_key(a_cipher(OLD).encrypt_bytes(b"somebody"))
    for one in stored:
        with pytest.raises(DecryptionError):
            a_cipher(OLD).decrypt_bytes(one)
    with pytest.raises(DecryptionError):
        a_cipher(OLD).decrypt_parameter(token, b"readers")


def test_hashes_stay_as_they_were_when_a_new_key_is_put_in_front():
    before, after = a_cipher(OLD), a_cipher(NEW, OLD)

    assert after.hash("somebody") == before.hash("somebody")
    assert after.block_hasher()(b"sixteen bytes...") == before.block_hasher()(b"sixteen bytes...")
    assert a_cipher(NEW).hash("somebody") != before.hash("somebody")
    assert a_cipher(NEW).block_hasher()(b"sixteen bytes...") != before.block_hasher()(b"sixteen bytes...")
