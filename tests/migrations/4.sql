-- At least one row in every table of version 4, with every column filled somewhere.
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
INSERT INTO outbox VALUES (1, 'klank', 'info@klank.example', '2025-11-03', 'digest', 'sent', 1762146060, 1762146000, 1762146000, 1, 'a@example.org', 'CZ logopedie', NULL, NULL, NULL, 0, NULL, 1762146060);
INSERT INTO outbox VALUES (2, 'klank', 'merel@klank.example', '2025-11-03', 'digest', 'uncertain', 1762146060, 1762146000, 1762146180, 1, 'b@example.org', 'CZ logopedie', x'5375626a6563743a20430d0a', 'no answer', '[["cz/proef/tekenen","logopedie","2025-11-10",false]]', 2, 1762146030, 1762146060);
INSERT INTO attempt VALUES (1, 1, 1762146060, 'accepted', 'mail.example:25', 250, NULL, 'queued'), (2, 2, 1762146060, 'uncertain', 'mail.example:25', NULL, '4.4.2', 'timeout');
INSERT INTO told VALUES ('klank', 'info@klank.example', 'cz/proef/tekenen', 'logopedie', '2025-11-10', 1, 1762146060, 0, 1, 0), ('klank', 'merel@klank.example', 'cz/proef/tekenen', 'logopedie', '2025-11-10', 2, 1762146060, 0, NULL, 1);
INSERT INTO calendar_past VALUES ('cz/proef.toml', '123', 'insurer = "cz"', 2);
INSERT INTO calendar_set_aside VALUES (1, 1762232400, '456', 'calendars', 3, 240);
INSERT INTO run VALUES ('plan', 1762146000, '1 practices looked at');
INSERT INTO greeted VALUES ('klank', 'info@klank.example', 'welcome', '2025-11-03', 1762146000), ('klank', 'merel@klank.example', '2025-09-01', NULL, 1762146000);
UPDATE lane SET state = 'resting', since = 1762146000, rest_until = 1762146600, reason = 'connection refused', failures = 2, slowness = 1, slowed_at = 1762146000,
    suspicions = 1, suspect = 2, accepted_at = 1762140000, way = 'abc';
INSERT INTO lane_refusal VALUES ('weg@klank.example', 2, 1762146000, '550 no such user');
INSERT INTO dead_address VALUES ('weg@klank.example', 1762146000, '550 no such user');
INSERT INTO notice VALUES (1, 1762146000, 'dead-address', 'weg@klank.example', '2025-11-03', '550 no such user', 1);
