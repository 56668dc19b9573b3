import base64

import pytest
from cryptography.fernet import Fernet
from sqlalchemy.dialects import sqlite

from webapp.db.encryption import (
    DecryptionError,
    Encrypted,
    EncryptedJson,
    FieldCipher,
    _derive,
)

OLD, NEW = "an old key of this installation, long enough", "a new key of this installation, long enough"


def a_vault(*keys):
    vault = FieldCipher()
    vault.open(keys)
    return vault


def test_what_goes_in_comes_out_and_never_looks_the_same_twice():
    vault = a_vault(NEW)

    assert vault.unseal(vault.seal(b"somebody")) == b"somebody"
    assert vault.decrypt(vault.encrypt(b"somebody")) == b"somebody"
    assert vault.seal(b"somebody") != vault.seal(b"somebody")
    assert b"somebody" not in vault.seal(b"somebody")


def test_a_new_key_in_front_still_reads_what_the_old_one_wrote():
    sealed = a_vault(OLD).seal(b"somebody")

    assert a_vault(NEW, OLD).unseal(sealed) == b"somebody"
    with pytest.raises(DecryptionError):
        a_vault(NEW).unseal(sealed)


def test_what_the_first_release_wrote_is_still_read():
    token = Fernet(base64.urlsafe_b64encode(_derive(OLD, b"fernet"))).encrypt(b"somebody")

    assert a_vault(NEW, OLD).decrypt(token) == b"somebody"
    assert a_vault(NEW, OLD).unseal(token) == b"somebody"


def test_any_bit_that_was_changed_is_noticed():
    vault = a_vault(NEW)
    sealed = vault.seal(b"somebody")

    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(DecryptionError):
            vault.unseal(bytes(changed))


@pytest.mark.parametrize("token", [b"", b"A", b"AAAA", b"gAAAAA", b"nothing of ours", "ü".encode()])
def test_what_the_vault_never_wrote_is_refused(token):
    with pytest.raises(DecryptionError):
        a_vault(NEW).decrypt(token)


def test_a_closed_vault_says_so():
    with pytest.raises(DecryptionError, match="closed"):
        FieldCipher().seal(b"somebody")


@pytest.mark.parametrize("many", [2, 3, 500])
def test_values_encrypted_together_have_nonces_of_their_own_and_equal_ones_differ(many):
    vault = a_vault(NEW)

    sealed = vault.seal_many([b"the same"] * many)

    nonces = {one[5:17] for one in sealed}
    assert len(nonces) == len(set(sealed)) == many
    assert {vault.unseal(one) for one in sealed} == {b"the same"}
    # Nor are they those of the values encrypted next.
    assert nonces.isdisjoint(one[5:17] for one in vault.seal_many([b"the same"] * many))


@pytest.mark.parametrize("kind", [Encrypted(), EncryptedJson()])
def test_columns_written_in_bulk_have_nonces_of_their_own(app, kind):
    stored = kind.bind_many(["the same"] * 100, sqlite.dialect())
    nonces = {(base64.urlsafe_b64decode(one) if isinstance(one, str) else one)[5:17] for one in stored}

    assert len(nonces) == 100


def test_an_equal_parameter_never_looks_the_same_twice():
    vault = a_vault(NEW)

    tokens = {vault.encrypt_parameter("somebody", b"readers") for _ in range(100)}

    assert len({base64.urlsafe_b64decode(token)[5:17] for token in tokens}) == len(tokens) == 100
    assert {vault.decrypt_parameter(token, b"readers") for token in tokens} == {"somebody"}


def test_a_parameter_is_opened_for_its_audience_only():
    vault = a_vault(NEW)
    token = vault.encrypt_parameter("somebody", b"readers")

    for audience in (b"everybody", b"reader", b""):
        with pytest.raises(DecryptionError):
            vault.decrypt_parameter(token, audience)


def test_a_parameter_and_a_stored_value_are_never_taken_for_each_other():
    vault = a_vault(NEW)

    with pytest.raises(DecryptionError):
        vault.decrypt_parameter(vault.encrypt(b"somebody").decode(), b"")
    with pytest.raises(DecryptionError):
        vault.decrypt(vault.encrypt_parameter("somebody", b"").encode())


def test_values_are_encrypted_with_the_newest_key_alone():
    both = a_vault(NEW, OLD)
    stored = [both.seal(b"somebody"), *both.seal_many([b"somebody"] * 2)]
    token = both.encrypt_parameter("somebody", b"readers")

    assert {a_vault(NEW).unseal(one) for one in stored} == {b"somebody"}
    assert a_vault(NEW).decrypt_parameter(token, b"readers") == "somebody"
    assert all(both.is_newest(one) for one in stored)
    assert not both.is_newest(a_vault(OLD).seal(b"somebody"))
    for one in stored:
        with pytest.raises(DecryptionError):
            a_vault(OLD).unseal(one)
    with pytest.raises(DecryptionError):
        a_vault(OLD).decrypt_parameter(token, b"readers")


def test_hashes_stay_as_they_were_when_a_new_key_is_put_in_front():
    before, after = a_vault(OLD), a_vault(NEW, OLD)

    assert after.hash("somebody") == before.hash("somebody")
    assert after.scrambler()(b"sixteen bytes...") == before.scrambler()(b"sixteen bytes...")
    assert a_vault(NEW).hash("somebody") != before.hash("somebody")
    assert a_vault(NEW).scrambler()(b"sixteen bytes...") != before.scrambler()(b"sixteen bytes...")
