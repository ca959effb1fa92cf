# config.example.toml as a package installs it: the same keys, with the places of a system service.
s|^# It runs as it stands: .*|# It runs as it stands: the compiled-in timelines; mails become files below /var/lib/deadlines until transport is "smtp".|
s|^path = "var/|path = "/var/lib/deadlines/|
s|^folder = "var/mail" *#|folder = "/var/lib/deadlines/mail"               #|
s|^spool = "var/spool" *#|spool = "/var/spool/deadlines"                   #|
s|^# folder = "calendars"|# folder = "/etc/deadlines/calendars"            # a copy of /usr/share/deadlines/calendars that you change|
s|^# templates = "templates" *#|# templates = "/etc/deadlines/templates"         #|
