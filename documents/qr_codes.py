"""QR codes for the templates."""

import io


def qr_code(text: str, error: str = "m") -> str:
    """Return a QR code as SVG. At level M a seventh of it may be illegible, at level Q a quarter (ISO/IEC 18004)."""
    import segno  # slow to import, and few requests need it

    drawn = io.BytesIO()
    segno.make(text, error=error, micro=False).save(drawn, kind="svg", border=0, xmldecl=False)
    return drawn.getvalue().decode()
