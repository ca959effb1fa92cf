"""Whether the mails in a folder are those that `deadlines simulate --json` announced: the same day, recipient and subject, each once."""

import collections
import email
import email.policy
import email.utils
import glob
import json
import sys
import zoneinfo

announced = collections.Counter((mail["on"], mail["to"], mail["subject"]) for mail in json.load(open(sys.argv[1])))
left = collections.Counter()
for name in glob.glob(sys.argv[2] + "/**/*.eml", recursive=True):
    message = email.message_from_binary_file(open(name, "rb"), policy=email.policy.default)
    day = email.utils.parsedate_to_datetime(message["Date"]).astimezone(zoneinfo.ZoneInfo("Europe/Amsterdam")).date()
    left[(str(day), message["To"].addresses[0].addr_spec, message["Subject"])] += 1
for what, mails in [("announced and not sent", announced - left), ("sent and not announced", left - announced)]:
    for mail in sorted(mails):
        print(f"  {what}: {' '.join(mail)}")
if announced != left or not announced:
    sys.exit(f"{sum(announced.values())} mails were announced, {sum(left.values())} left")
days = len({day for day, _, _ in left})
print(f"{sum(left.values())} mails left on {days} days, each as announced")
