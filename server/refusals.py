"""What the server answers itself, when the application cannot get the request."""


def closing_response(status: str, reason: str) -> bytes:
    """Return a response of the server itself, after which it closes the connection."""
    page = f'<!doctype html><meta charset="utf-8"><title>{status}</title><p>{reason}'.encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {len(page)}\r\n"
    return head.encode() + b"Cache-Control: no-store\r\nRetry-After: 120\r\nConnection: close\r\n\r\n" + page


NO_ROOM = closing_response(
    "503 Service Unavailable",
    "服务器暂时没有空间接收文件，本次提交没有保存，请过几分钟再试。"
    "<p lang=en>The server has no room for files at present. Nothing of this request was saved. Please try again in some minutes.",
)
HEAD_TOO_LONG = closing_response(
    "431 Request Header Fields Too Large", "请求头过长。<p lang=en>The head of the request is too long."
)
