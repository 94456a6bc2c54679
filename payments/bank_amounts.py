"""Reads amounts as banks' programs write them. Looser than what people type: an amount is compared, never stored from here."""

import re
import unicodedata

from payments.bank_file import FEN

AMOUNT = re.compile(r"(?:[0-9]{1,12}|[0-9]{1,3}(?:,[0-9]{3}){1,3})(?:\.([0-9]{1,2})0*)?")
CURRENCY = re.compile(r"^(?:CNY|RMB|人民币|¥)|(?:元|CNY|RMB)$", re.IGNORECASE)  # stays Chinese


def fen_of_text(text: str, unit: str) -> int | None:
    """Return the fen of an amount in this unit of a layout; None for anything else."""
    return (fen_of_fen if unit == FEN else fen_of_yuan)(text)


def fen_of_yuan(text: str) -> int | None:
    """Return the fen of an amount in yuan, with or without thousands separators and currency, also in full width; None for
    anything else."""
    text = CURRENCY.sub("", unicodedata.normalize("NFKC", text).strip()).strip()
    if not (found := AMOUNT.fullmatch(text)):
        return None
    whole = text.partition(".")[0].replace(",", "")
    return int(whole) * 100 + int((found[1] or "").ljust(2, "0") or 0)


def fen_of_fen(text: str) -> int | None:
    """Return an amount in fen; None for anything else."""
    text = re.sub(r"\.0{1,2}$", "", unicodedata.normalize("NFKC", text).strip().replace(",", ""))
    return int(text) if re.fullmatch("[0-9]{1,15}", text) else None
