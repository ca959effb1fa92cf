-- At least one row in every table of version 1, with every column filled somewhere.
INSERT INTO calendar_file VALUES ('cz/proef.toml', 'insurer = "cz"', 'abc');
INSERT INTO calendar_load VALUES (1, 1762146000, 'abc', 'the program'), (2, 1762232400, 'def', 'the program');
INSERT INTO occurrence VALUES ('cz/proef/tekenen', '2025-11-10', 'Tekenen');
INSERT INTO occurrence_change VALUES (2, 'cz/proef/tekenen', '2025-11-03', '2025-11-10');
INSERT INTO practice VALUES ('klank', 'De Klank', '05000001', 1762146000), ('stil', 'Stil', NULL, NULL);
INSERT INTO contact VALUES ('klank', 0, 'info@klank.example', 'Balie', NULL), ('klank', 1, 'merel@klank.example', NULL, 'signatory');
INSERT INTO subscription VALUES (1, 'klank', 0, 'cz', 'logopedie', 'contracted', '2021-01-01', 'practice', '2026-12-31', '2023-04-02', '2023-04-03');
INSERT INTO subscription_module VALUES (1, 0, 'transparantie', '2024-01-01');
INSERT INTO subscription_trait VALUES (1, 'in-talks');
INSERT INTO done VALUES ('klank', 'cz/proef/vragen', 'logopedie', '2025-10-31', 1762146000);
INSERT INTO snooze VALUES ('klank', 'cz/proef/portaal', 'logopedie', '2025-11-05', 1762146000);
INSERT INTO happened VALUES ('klank', 'cz/proef/aanbod', '2025-10-01', 1762146000);
INSERT INTO decision VALUES ('klank', 'cz/proef/tekenen', 'logopedie', '2025-11-10', 7, 'send', '2025-11-03', 'digest', 1762146000);
INSERT INTO decision VALUES ('klank', 'cz/proef/tekenen', 'logopedie', '2025-11-10', 14, 'overtaken', NULL, NULL, 1762146000);
INSERT INTO outbox VALUES (1, 'klank', 'info@klank.example', '2025-11-03', 'digest', 'sent', 1762146060, 1762146000, 1762146000, 1, 'a@example.org', 'CZ logopedie', NULL, NULL);
INSERT INTO outbox VALUES (2, 'klank', 'merel@klank.example', '2025-11-03', 'digest', 'uncertain', 1762146060, 1762146000, 1762146180, 1, 'b@example.org', 'CZ logopedie', x'5375626a6563743a20430d0a', 'no answer');
INSERT INTO attempt VALUES (1, 1, 1762146060, 'accepted', 'mail.example:25', 250, NULL, 'queued'), (2, 2, 1762146060, 'uncertain', 'mail.example:25', NULL, '4.4.2', 'timeout');
INSERT INTO told VALUES ('klank', 'info@klank.example', 'cz/proef/tekenen', 'logopedie', '2025-11-10', 1, 1762146060);
INSERT INTO run VALUES ('plan', 1762146000, '1 practices looked at');

INSERT INTO dead_address (email, reason, at) VALUES ('weg@klank.example', '5.1.1 550 5.1.1 unknown', 1762149600);
INSERT INTO notice (at, kind, subject, occasion, text) VALUES (1762149600, 'bounced', 'mail 1', '5.2.2', 'to info@klank.example: full');

INSERT INTO unsubscribed (practice, email, at) VALUES ('klank', 'oud@klank.example', 1762149600);
INSERT INTO inbound_count (day, what, number) VALUES ('2025-11-03', 'bounced', 1);
