"""Writes a calendar of seeded recurrence rules, and holds what the program made of them against python3-dateutil.

Usage: recurrence_check.py write FOLDER, then `deadlines list --all --format json >list.json` there, then recurrence_check.py compare FOLDER

Where dateutil does not do what RFC 5545 (section 3.3.10) says, rules keep away from it:
- BYDAY with numbers and without: the RFC takes either, dateutil wants both.
- BYSETPOS in weeks: the RFC counts in the whole week, dateutil from DTSTART on; so these start with a week.
- BYWEEKNO alone: the RFC takes the weekday from DTSTART, dateutil takes the whole week.
- BYWEEKNO with INTERVAL or BYSETPOS: days of a year's first and last week can lie in the year before or after, where dateutil counts them.
- BYWEEKNO of 52 and 53, either way: dateutil takes 1 January 2011 for week 53 of 2010, which had 52, and knows no days of December in week
  -52 or -53 of the next year.
"""

import collections
import datetime
import json
import pathlib
import random
import sys

import dateutil.rrule

SEED, COUNT = 20260105, 1000
WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
# So many days give each frequency some dozens of occurrences.
DAYS = {"DAILY": 250, "WEEKLY": 700, "MONTHLY": 1800, "YEARLY": 5000}
END = datetime.date(2040, 12, 31)
# Past this year dateutil gives a rule up that never occurs.
datetime.MAXYEAR = END.year

HEAD = """insurer = "cz"
title = "Regels"
care_types = ["logopedie"]

[source]
document = "Regels"

[[agreement]]
id = "a"
name = "Overeenkomst"
care_types = ["logopedie"]
term = { first = 1995-01-01, last = 2040-12-31 }
starts = [1995-01-01]
section = "1"
"""


def rules():
    """Rules with their first and last day."""
    dice = random.Random(SEED)
    return [rule(dice) for _ in range(COUNT)]


def rule(dice):
    frequency = dice.choice(["DAILY", "WEEKLY", "MONTHLY", "YEARLY", "YEARLY"])
    parts = by_parts(dice, frequency)
    first = datetime.date(1995, 1, 1) + datetime.timedelta(dice.randrange(10_000))
    if parts and "BYWEEKNO" not in parts and dice.random() < 0.3:
        parts["BYSETPOS"] = some(dice, lambda: dice.choice([1, 1, 2, 3, 5, -1, -1, -2, -4]), 2)
    week_start = dice.randrange(7) if dice.random() < 0.4 else 0
    if frequency == "WEEKLY" and "BYSETPOS" in parts:
        first -= datetime.timedelta((first.weekday() - week_start) % 7)
    if "BYWEEKNO" not in parts and dice.random() < 0.4:
        parts["INTERVAL"] = str(dice.randint(2, 6))
    if week_start:
        parts["WKST"] = WEEKDAYS[week_start]
    names = list(parts)
    dice.shuffle(names)
    last = min(END, first + datetime.timedelta(DAYS[frequency]))
    return ";".join([f"FREQ={frequency}"] + [f"{name}={parts[name]}" for name in names]), first, last


def by_parts(dice, frequency):
    parts = {}
    if dice.random() < 0.35:
        parts["BYMONTH"] = some(dice, lambda: dice.randint(1, 12), 4)
    if frequency == "YEARLY" and dice.random() < 0.15:
        parts["BYWEEKNO"] = some(dice, lambda: dice.choice([1, -1]) * dice.randint(1, 51), 4)
        parts["BYDAY"] = some(dice, lambda: dice.choice(WEEKDAYS), 3)
        return parts
    if frequency == "YEARLY" and dice.random() < 0.2:
        parts["BYYEARDAY"] = some(dice, lambda: dice.choice([1, -1]) * dice.randint(1, 366), 8)
    if frequency != "WEEKLY" and dice.random() < 0.35:
        parts["BYMONTHDAY"] = some(dice, lambda: dice.choice([1, -1]) * dice.randint(1, 31), 6)
    if dice.random() < 0.45:
        most = 5 if frequency == "MONTHLY" or "BYMONTH" in parts else 53
        if frequency in ("MONTHLY", "YEARLY") and dice.random() < 0.6:
            parts["BYDAY"] = some(dice, lambda: f"{dice.choice([1, -1]) * dice.randint(1, most)}{dice.choice(WEEKDAYS)}", 4)
        else:
            parts["BYDAY"] = some(dice, lambda: dice.choice(WEEKDAYS), 4)
    return parts


def some(dice, one, most):
    return ",".join(str(one()) for _ in range(dice.randint(1, most)))


def expected():
    """Each rule with its days; a milestone that never occurs would be a problem of the calendar, so those rules are left out."""
    for text, first, last in rules():
        start = datetime.datetime.combine(first, datetime.time())
        days = [day.date().isoformat() for day in dateutil.rrule.rrulestr(f"{text};UNTIL={last:%Y%m%d}", dtstart=start)]
        if days:
            yield text, first, last, days


def write(folder):
    (folder / "calendars" / "cz").mkdir(parents=True)
    for names in pathlib.Path("calendars").glob("*.toml"):
        if names.name != "statutory.toml":
            (folder / "calendars" / names.name).write_text(names.read_text())
    text = HEAD
    for number, (rule_text, first, last, _) in enumerate(expected()):
        moment = f'by = {{ every = "{rule_text}", first = {first}, last = {last} }}'
        text += f'\n[[milestone]]\nid = "r{number}"\nkind = "data-delivery"\ntitle = "R"\nsection = "1"\n{moment}\n'
    (folder / "calendars" / "cz" / "regels.toml").write_text(text)
    (folder / "deadlines.toml").write_text('[calendars]\nfolder = "calendars"\n')


def compare(folder):
    found = collections.defaultdict(list)
    for entry in json.loads((folder / "list.json").read_text()):
        found[entry["id"].rsplit("/", 1)[1]].append(entry["last_day"])
    count = wrong = 0
    for number, (rule_text, first, last, days) in enumerate(expected()):
        count += len(days)
        if sorted(found[f"r{number}"]) != days:
            wrong += 1
            print(f"{rule_text} from {first} to {last}:\n  ours     {sorted(found[f'r{number}'])}\n  dateutil {days}")
    print(f"{number + 1} rules, {count} days, {wrong} rules differ from dateutil {dateutil.__version__}")
    sys.exit(wrong > 0)


{"write": write, "compare": compare}[sys.argv[1]](pathlib.Path(sys.argv[2]))
