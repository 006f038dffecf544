"""Answers that name no thing: "none" says that there is none, "other" that there is something and not what.

Only asked where a rule excludes: there "none" must not look like an allergen, and "other" must not look like safety.
"""

from __future__ import annotations

from jobs.likeness.folds import folded

NOTHING = (
    "none, no, nothing, nil, null, n/a, na, no allergy, no allergies, no known allergies, none known, not applicable, "
    "nka, nkda, false, 0, free from, keine, kein, keins, nichts, nein, aucun, aucune, rien, non, ninguna, ninguno, "
    "nada, nessuna, nessuno, niente, geen, nee, nenhum, nenhuma"
)
VAGUE = (
    "other, others, unknown, unsure, not sure, various, several, multiple, see notes, see note, tbd, allergic, "
    "andere, anderes, sonstige, sonstiges, unbekannt, autre, autres, inconnu, otro, otros, otra, otras, desconocido, "
    "altro, altri, sconosciuto, anders, overige, onbekend, outro, outros"
)
YES, NO = frozenset({"true", "yes", "y", "t", "1", "10", "on"}), frozenset({"false", "no", "n", "f", "0", "00", "off"})
_NOTHING, _VAGUE = (frozenset(folded(word) for word in words.split(", ")) for words in (NOTHING, VAGUE))


def says_nothing(value: str) -> bool:
    """Does the value say that there is none ("none", "N/A", "-")?"""
    return folded(value) in _NOTHING or not ("?" in value or any(map(str.isalnum, folded(value))))


def is_vague(value: str) -> bool:
    """Does the value say that there is something, and not what ("other", "?")?"""
    return folded(value) in _VAGUE or ("?" in value and not any(map(str.isalnum, value)))


def flag(value: str) -> bool | None:
    """True for "yes", "1", "1.0" and the like, False for "no", None for anything else."""
    text = folded(value)
    return True if text in YES else False if text in NO else None
