"""Reads calendars that `deadlines list --format ics` wrote with an independent parser, and holds them against RFC 5545.

Usage: ics_check.py FILE... (needs the PyPI package icalendar)
"""

import datetime
import sys

import icalendar


def problems_of_text(data: bytes) -> list[str]:
    """Line ends and line lengths (RFC 5545, section 3.1)."""
    found = []
    if b"\n" in data.replace(b"\r\n", b""):
        found.append("a line does not end in CRLF")
    long_lines = [line for line in data.split(b"\r\n") if len(line) > 75]
    found += [f"a line has {len(line)} octets: {line[:40]!r}" for line in long_lines]
    try:
        for line in data.split(b"\r\n"):
            line.decode("utf-8")
    except UnicodeDecodeError as error:
        found.append(f"a fold cuts a character in two: {error}")
    return found


def problems_of_event(event: icalendar.Event) -> list[str]:
    """What every event must have (section 3.6.1), and what this program promises."""
    name = str(event.get("UID", "an event without UID"))
    found = [f"{name}: no {key}" for key in ("UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "DESCRIPTION", "CATEGORIES") if key not in event]
    if found:
        return found
    start, end = event["DTSTART"].dt, event["DTEND"].dt
    if isinstance(start, datetime.datetime) or end - start != datetime.timedelta(days=1):
        found.append(f"{name}: not one whole day")
    if "Bron:" not in event["DESCRIPTION"]:
        found.append(f"{name}: the description names no source")
    if event.get("TRANSP") != "TRANSPARENT":
        found.append(f"{name}: takes up time in the calendar")
    for alarm in event.walk("VALARM"):
        missing = [key for key in ("ACTION", "TRIGGER", "DESCRIPTION", "UID") if key not in alarm]
        found += [f"{name}: an alarm without {key}" for key in missing]
        if "DTSTAMP" in alarm:
            found.append(f"{name}: an alarm has no DTSTAMP (section 3.6.6)")
        if not missing and not isinstance(alarm["TRIGGER"].dt, datetime.timedelta):
            found.append(f"{name}: a trigger that is no duration")
    return found + [f"{name}: {error}" for error in event.errors]


def check(path: str) -> int:
    """Prints every problem of one file, and gives how many there are."""
    with open(path, "rb") as file:
        data = file.read()
    calendar = icalendar.Calendar.from_ical(data)
    found = problems_of_text(data)
    found += [f"no {key}" for key in ("VERSION", "PRODID", "METHOD") if key not in calendar]
    events = calendar.walk("VEVENT")
    found += [problem for event in events for problem in problems_of_event(event)]
    identities = [str(item["UID"]) for item in calendar.walk("VEVENT") + calendar.walk("VALARM") if "UID" in item]
    if len(identities) != len(set(identities)):
        found.append("an identity is used twice")
    for problem in found:
        print(f"{path}: {problem}")
    if not events:
        print(f"{path}: no events")
        return len(found) + 1
    print(f"{path}: {len(events)} events, {len(found)} problems")
    return len(found)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(1 if sum(check(path) for path in sys.argv[1:]) else 0)
