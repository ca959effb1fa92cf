//! Environment variables that replace keys: `DEADLINES__MAIL__SMTP__HOST` is `host` in `[mail.smtp]`.

use crate::config::secrets;
use crate::problems::{Problem, Problems, text};
use crate::toml_reader::settings::{Setting, Variable};

/// Every variable that begins like this is meant for the configuration.
pub const PREFIX: &str = "DEADLINES__";

/// The variable that sets a key.
///
/// ```
/// use deadlines::config::environment::variable_of;
/// assert_eq!(variable_of("leads.also.portal-open"), "DEADLINES__LEADS__ALSO__PORTAL_OPEN");
/// ```
pub fn variable_of(path: &str) -> String {
    format!("{PREFIX}{}", path.replace('.', "__").replace('-', "_").to_ascii_uppercase())
}

/// The variables that set known keys; others with the prefix become problems.
pub(in crate::config) fn variables(environment: &[(String, String)], known: &[Setting], problems: &mut Problems) -> Vec<Variable> {
    let meant = environment.iter().filter(|(name, _)| name.starts_with(PREFIX));
    let mut found = Vec::new();
    for (name, value) in meant {
        match known.iter().find(|setting| variable_of(&setting.path) == *name) {
            Some(setting) => {
                let text = text(format!("environment {name}"), value.clone());
                found.push(Variable { name: name.clone(), path: setting.path.clone(), shape: setting.shape, text });
            }
            None => problems.add(unknown(name, known)),
        }
    }
    found
}

/// Says nothing of the value: it may be a secret.
fn unknown(name: &str, known: &[Setting]) -> Problem {
    let key = name.rsplit("__").next().unwrap_or_default();
    let about = text("the environment", "");
    if secrets::is_secret(key) {
        return Problem::new(&about, format!("{name} is a secret: it may not stand in the environment, where other processes see it"))
            .hint(secrets::WHERE_IT_BELONGS);
    }
    let names: Vec<String> = known.iter().map(|setting| variable_of(&setting.path)).collect();
    let same_key = names.iter().find(|other| other.rsplit("__").next() == Some(key));
    let likeness = |other: &&String| strsim::normalized_damerau_levenshtein(name, other);
    let nearest = names.iter().filter(|other| likeness(other) > 0.7).max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    let hint = match same_key.or(nearest) {
        Some(other) => format!("did you mean {other}?"),
        None => "deadlines config show --all lists every key; its variable is the key in capitals with __ for each dot".to_owned(),
    };
    Problem::new(&about, format!("{name} sets no key of the configuration")).hint(hint)
}
