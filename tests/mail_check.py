"""Reads mails with Python's own parser, and holds them against the RFCs and what this program promises.

Usage: mail_check.py FILE... (needs nothing but Python and its time zones)
"""

import datetime
import email
import email.message
import email.policy
import html.parser
import re
import sys
import urllib.parse
import zoneinfo

AMSTERDAM = zoneinfo.ZoneInfo("Europe/Amsterdam")
ONCE = ("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Language", "List-Id", "MIME-Version", "Content-Type")


class Words(html.parser.HTMLParser):
    """The words that a reader sees in HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = 0
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.hidden += tag in ("style", "title")

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag in ("style", "title")

    def handle_data(self, data: str) -> None:
        self.text += " " if self.hidden else f" {data}"


def words(text: str) -> set[str]:
    """Numbers and words, without case."""
    return set(re.findall(r"[^\W_]+", text.casefold()))


def of_bytes(data: bytes) -> list[str]:
    """What any mail server takes: ASCII, CRLF, short lines (RFC 5322, section 2.1.1; RFC 2045, section 6.7)."""
    found = []
    if b"\n" in data.replace(b"\r\n", b"") or b"\r" in data.replace(b"\r\n", b"") or b"\0" in data:
        found.append("a line does not end in CRLF, or a NUL")
    if any(byte > 126 for byte in data):
        found.append("not 7-bit")
    head, body = data.split(b"\r\n\r\n", 1)
    found += [f"a header line has {len(line)} octets" for line in head.split(b"\r\n") if len(line) > 998]
    found += [f"an encoded word has {len(word)} octets" for word in re.findall(rb"=\?\S+\?=", head) if len(word) > 75]
    found += [f"a body line has {len(line)} octets" for line in body.split(b"\r\n") if len(line) > 78]
    return found


def of_headers(message: email.message.EmailMessage) -> list[str]:
    """The headers, as RFC 5322, 2047, 2919, 2369 and 3834 have them."""
    found = [f"{len(message.get_all(name, []))} times {name}" for name in ONCE if len(message.get_all(name, [])) != 1]
    found += [f"{name}: {defect}" for name, value in message.items() for defect in getattr(value, "defects", ())]
    found += [f"control characters in {name}" for name, value in message.items() if re.search(r"[\x00-\x08\x0a-\x1f\x7f]", str(value))]
    if found:
        return found
    moment = message["Date"].datetime
    if moment.utcoffset() not in (datetime.timedelta(hours=1), datetime.timedelta(hours=2)) or moment.utcoffset() != moment.astimezone(AMSTERDAM).utcoffset():
        found.append(f"Date is not Amsterdam's: {message['Date']}")
    if len(message["To"].addresses) != 1 or len(message["From"].addresses) != 1:
        found.append("not one sender and one recipient")
    if not re.fullmatch(r"<[0-9a-f]{32}@[\w.-]+>", message["Message-ID"].strip()):
        found.append(f"Message-ID {message['Message-ID']}")
    if message["Auto-Submitted"] != "auto-generated":
        found.append(f"Auto-Submitted: {message['Auto-Submitted']}")
    if not re.fullmatch(r"[\w ]+ <[\w.-]+>", message["List-Id"]):
        found.append(f"List-Id: {message['List-Id']}")
    if "List-Unsubscribe" in message:
        link = re.fullmatch(r"<(mailto:[^<>\s]+)>", message["List-Unsubscribe"].strip())
        subject = urllib.parse.parse_qs(urllib.parse.urlsplit(link[1]).query).get("subject", [""])[0] if link else ""
        if not re.fullmatch(r"afmelden [a-z2-7]+", subject):
            found.append(f"List-Unsubscribe: {message['List-Unsubscribe']}")
    return found


def of_parts(message: email.message.EmailMessage) -> list[str]:
    """Text first, then HTML that says the same, then a calendar at most."""
    found = [f"{part.get_content_type()}: {defect}" for part in message.walk() for defect in part.defects]
    kinds = [part.get_content_type() for part in message.walk() if not part.is_multipart()]
    if kinds not in (["text/plain", "text/html"], ["text/plain", "text/html", "text/calendar"]):
        return [*found, f"parts {kinds}"]
    if message.get_body(("plain",)) is None or message.get_body(("html",)) is None:
        return [*found, "no body that a reader would show"]
    text, page = message.get_body(("plain",)).get_content(), message.get_body(("html",)).get_content()
    reader = Words()
    reader.feed(page)
    # How a link is opened is said in other words; everything else stands in both.
    told = re.sub(r"Is iets gedaan, open.*?verandert\.|Bij een \* staat.*?zijn\.|^  (Gedaan\?|Voor |Wanneer) |mailto:\S+", " ", text, flags=re.DOTALL | re.MULTILINE)
    missing = words(told) - words(reader.text)
    if missing:
        found.append(f"not in the HTML: {sorted(missing)}")
    if re.search(r"<(?:img|link|script|iframe)\b|\bsrc=|url\(|https?://(?!www\.w3\.org)", re.sub(r">[^<]*<", "><", page)):
        found.append("the HTML fetches something")
    if not re.search(r'<html lang="(nl|en)"', page) or 'name="color-scheme" content="light dark"' not in page:
        found.append("the HTML names no language or colour scheme")
    for calendar in message.iter_attachments():
        if calendar.get_param("method") != "PUBLISH" or calendar.get_filename() != "contracttermijnen.ics":
            found.append(f"attachment {calendar['Content-Type']} {calendar.get_filename()}")
    return found


def check(path: str) -> tuple[str, int]:
    """Prints every problem of one mail; gives its Message-ID and how many there are."""
    with open(path, "rb") as file:
        data = file.read()
    message = email.message_from_bytes(data, policy=email.policy.default)
    found = of_bytes(data) + of_headers(message) + of_parts(message)
    for problem in found:
        print(f"{path}: {problem}")
    return str(message["Message-ID"]), len(found)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    checked = [check(path) for path in sys.argv[1:]]
    twice = len(checked) - len({identity for identity, _ in checked})
    print(f"{len(checked)} mails, {sum(problems for _, problems in checked)} problems, {twice} Message-IDs used twice")
    sys.exit(1 if twice or any(problems for _, problems in checked) else 0)
