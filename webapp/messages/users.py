"""Signing in and users."""

from flask_babel import lazy_gettext as _l

SENTENCES = {
    "sign_in_wrong": _l("The e-mail address or password is wrong."),
    "sign_in_locked": _l("Too many failed attempts. Try again in %(minutes)s min, or use a sign-in link."),
    "link_gone": _l("This link has been used, or it is too old."),
    "email_malformed": _l("This is not an e-mail address."),
    "email_taken": _l("A user with this e-mail address already exists."),
    "password_short": _l("A password needs at least %(least)s characters."),
    "password_long": _l("A password can have at most %(most)s characters."),
    "password_not_text": _l("The password on standard input is not UTF-8 text."),
    "password_guessable": _l("This password is too easy to guess."),
    "role_unknown": _l("There is no role %(role)s. Roles are: %(roles)s."),
    "not_first_start": _l("Users already exist. Give the e-mail address of the user the link is for."),
    "user_unknown": _l("There is no user with this e-mail address."),
    "user_disabled": _l("This user is disabled."),
    "last_owner": _l("This is the last active owner. Make another user an owner first."),
    "user_role_changed": _l("User %(user)s: role changed from %(before)s to %(role)s."),
    "user_was_disabled": _l("User %(user)s was disabled; all sessions and sign-in links ended."),
    "user_was_enabled": _l("User %(user)s was enabled."),
    "user_signed_out": _l("User %(user)s was signed out everywhere (sessions: %(sessions)s)."),
    "user_created": _l("User %(user)s was created with the role %(role)s."),
    "link_made": _l("Sign-in link created for user %(user)s"),
    "preference_unknown": _l("“%(value)s” is not one of the choices."),
    "password_wrong": _l("The current password is wrong."),
    "session_unknown": _l("This session has already ended."),
    "password_changed": _l("User %(user)s changed the password; all other sessions ended."),
    "password_set": _l("User %(user)s chose a new password by a sign-in link."),
}
