//! What the operator set, and the secrets in files.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use lettre::message::Mailbox;

use crate::config::Config;
use crate::config::mail::TransportKind;
use crate::config::smtp::Smtp;
use crate::job::doctor::{Finding, Patient};
use crate::job::office::{Office, OfficeError};
use crate::job::password::{self, Missing};
use crate::mail::key_file;

/// Domains that belong to nobody (RFC 2606).
const EXAMPLES: [&str; 4] = ["example", "example.org", "example.com", "example.net"];

pub(in crate::job::doctor) fn configuration(patient: &Patient<'_>) -> Vec<Finding> {
    let named = match patient.config_file {
        Some(path) => Finding::fine(format!("{} is understood", path.display())),
        None => Finding::warning(
            "there is no configuration file: the defaults are in use",
            "copy config.example.toml, and see deadlines --help for where it is looked for",
        ),
    };
    let findings = [
        Some(named),
        lax_file(patient.config_file),
        goes_together(patient.config),
        example_sender(patient.config),
        nobody_told(patient.config),
    ];
    findings.into_iter().flatten().chain(templates(patient.config)).collect()
}

fn lax_file(path: Option<&Path>) -> Option<Finding> {
    let path = path?;
    let mode = fs::metadata(path).ok()?.permissions().mode();
    let says = || format!("anybody may write {}", path.display());
    (mode & 0o002 != 0).then(|| Finding::failed(says(), format!("chmod o-w {}", path.display())))
}

fn goes_together(config: &Config) -> Option<Finding> {
    match Office::for_show(config) {
        // The credentials have a check of their own.
        Ok(_) | Err(OfficeError::HalfCredentials) => None,
        Err(error) => Some(Finding::failed(error.to_string(), "deadlines config show says where each value came from")),
    }
}

fn templates(config: &Config) -> Vec<Finding> {
    let Ok((_, problems)) = Office::for_show(config) else { return Vec::new() };
    let refused = |problem: &crate::mail::templates::TemplateProblem| {
        Finding::warning(problem.to_string(), "mend it; until then the compiled-in template is used instead")
    };
    problems.iter().map(refused).collect()
}

fn example_sender(config: &Config) -> Option<Finding> {
    if config.mail.transport == TransportKind::Directory {
        return None;
    }
    let from = config.mail.from.parse::<Mailbox>().ok()?;
    let domain = from.email.domain().to_ascii_lowercase();
    let is_example = EXAMPLES.iter().any(|example| domain == *example || domain.ends_with(&format!(".{example}")));
    is_example.then(|| {
        Finding::failed(
            format!("mail would come from {domain}, which belongs to nobody"),
            "set [mail] from, unsubscribe and domain to your own",
        )
    })
}

fn nobody_told(config: &Config) -> Option<Finding> {
    let advice = "set [operator] email: trouble is mailed at once, everything else once a morning";
    config.operator.email.is_none().then(|| Finding::warning("nobody is told of trouble", advice))
}

pub(in crate::job::doctor) fn credentials(patient: &Patient<'_>) -> Vec<Finding> {
    let smtp = &patient.config.mail.smtp;
    if patient.config.mail.transport == TransportKind::Directory {
        return vec![Finding::skipped("mail goes into a folder, nobody logs in")];
    }
    match (&smtp.username, &smtp.password_file) {
        (None, None) => vec![Finding::fine("none configured: the mail server is used without a login")],
        (None, Some(_)) => vec![Finding::failed(OfficeError::HalfCredentials.to_string(), "mend [mail.smtp]")],
        (Some(_), file) => vec![password::read(smtp).map_or_else(|missing| no_password(&missing), |_| password(smtp, file.as_deref()))],
    }
}

fn no_password(missing: &Missing) -> Finding {
    let advice = match missing {
        Missing::Unreadable { reason, .. } if reason.kind() == ErrorKind::PermissionDenied => {
            "run the doctor as the service's user; if that may not read it either, chown the file to it"
        }
        Missing::NoCredential(_) => "start the service, which is handed it, or set password_file; until then mail is held",
        _ => "write the password into the file, nothing else, mode 0600; until then mail is held",
    };
    Finding::failed(missing.to_string(), advice)
}

fn password(smtp: &Smtp, file: Option<&Path>) -> Finding {
    let Some(path) = file else { return Finding::fine(format!("the service manager hands over {}", smtp.password_credential)) };
    let shown = path.display();
    let mode = fs::metadata(path).map_or(0, |metadata| metadata.permissions().mode());
    let lines = fs::read_to_string(path).map_or(1, |content| content.trim_end_matches(['\r', '\n']).lines().count());
    if lines > 1 {
        Finding::warning(format!("{shown} has {lines} lines, and all of them are the password"), "leave nothing but the password in it")
    } else if mode & 0o077 != 0 {
        Finding::warning(format!("others may read {shown} (mode {:04o})", mode & 0o7777), format!("chmod 600 {shown}"))
    } else {
        Finding::fine(format!("the password is in {shown}"))
    }
}

pub(in crate::job::doctor) fn key(patient: &Patient<'_>) -> Vec<Finding> {
    let path = patient.config.key_file();
    if !path.exists() {
        return vec![Finding::skipped(format!("{} is not there yet: it is made at the first start", path.display()))];
    }
    match key_file::look(&path) {
        Ok(_) => vec![Finding::fine(format!("{} signs what may come back; keep a copy of it apart from the backups", path.display()))],
        Err(error) => vec![Finding::failed(
            error.to_string(),
            "without it nothing starts; restore the key file, so that mails already sent can be answered",
        )],
    }
}
