"""Amounts of money: integers in fen everywhere, typed and shown in yuan with two decimals. No float and no Decimal."""

import re
import unicodedata

from common.wording import N_, Sentence

FEN_PER_YUAN = 100
MOST_DIGITS = 9
"""Digits of whole yuan that can be typed: more than any budget, and far below the limit of a BigInteger."""

EXAMPLE = "60000.00"
PLAIN = re.compile(rf"([0-9]{{1,{MOST_DIGITS}}})\.([0-9]{{2}})")
SEPARATORS = ",，'’ \u00a0\u2009\u202f"  # stays Chinese
UNITS = "万千百亿元圆角分整¥￥"  # stays Chinese


class InvalidAmount(ValueError):
    """The text is not an amount. `sentence` says why."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(sentence.text)
        self.sentence = sentence


def parse_yuan(text: str) -> int:
    """Return the fen of an amount in yuan with exactly two decimals, such as 60000.00. Raises InvalidAmount.

    Strict on purpose: a separator, a unit or a missing decimal can change an amount by a factor of ten thousand, so
    nothing is guessed. Spaces around the amount make no difference.
    """
    typed = text.strip()
    if found := PLAIN.fullmatch(typed):
        return int(found[1]) * FEN_PER_YUAN + int(found[2])
    raise InvalidAmount(Sentence(_fault(typed), {"example": EXAMPLE, "digits": str(MOST_DIGITS)}))


def _fault(typed: str) -> str:
    plain = unicodedata.normalize("NFKC", typed)
    if not typed:
        return N_("请填写金额，例如：%(example)s。")
    if any(each in UNITS for each in typed):
        return N_("金额只填数字，单位是元，不写“万”“元”等字，例如：%(example)s。")
    if any(each in SEPARATORS for each in typed):
        return N_("金额不要加千位分隔符或空格，例如：%(example)s。")
    if typed.startswith(("-", "−", "－")):  # stays Chinese
        return N_("金额不能是负数，例如：%(example)s。")
    if plain != typed and re.fullmatch(r"[0-9.]+", plain):
        return N_("请用半角数字填写金额，例如：%(example)s。")
    if (
        re.fullmatch(rf"0*[0-9]{{1,{MOST_DIGITS}}}(\.[0-9]*)?", typed)
        and len(typed.split(".")[0]) <= MOST_DIGITS
    ):
        return N_("金额要写两位小数，例如：%(example)s。")
    if re.fullmatch(r"[0-9]+(\.[0-9]*)?", typed):
        return N_("金额太大：整数部分最多 %(digits)s 位。")
    return N_("请按元填写金额，带两位小数，例如：%(example)s。")


def in_yuan(fen: int) -> str:
    """Return an amount as people read it: 1,234,567.05."""
    sign, whole = ("-" if fen < 0 else ""), abs(fen)
    return f"{sign}{whole // FEN_PER_YUAN:,}.{whole % FEN_PER_YUAN:02d}"


def as_typed_yuan(fen: int) -> str:
    """Return an amount as `parse_yuan` accepts it: 1234567.05."""
    return in_yuan(fen).replace(",", "")
