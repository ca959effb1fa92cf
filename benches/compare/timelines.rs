//! Folders of timelines as large as wanted: one policy of one insurer, beside the names that are compiled in.

use std::fs;

use deadlines::calendar_file::{File, embedded};

use crate::world::World;

/// Uses the folder that [`write`] fills.
pub const CONFIG: &str = "[calendars]\nfolder = \"calendars\"\n";

const HEAD: &str = "insurer = \"cz\"\ntitle = \"Regels\"\ncare_types = [\"logopedie\"]\n\n[source]\ndocument = \"Regels\"\n\n[[agreement]]\nid = \"a\"\nname = \"Overeenkomst\"\ncare_types = [\"logopedie\"]\nterm = { first = 2024-01-01, last = 2024-12-31 }\nstarts = [2024-01-01]\nsection = \"1\"\n\n";

/// Writes a policy whose milestones have these moments.
pub fn write(world: &World, moments: impl Iterator<Item = String>) {
    let milestone = |(number, moment): (usize, String)| {
        format!(
            "[[milestone]]\nid = \"r{number}\"\nkind = \"data-delivery\"\ntitle = \"Regel {number}\"\nsection = \"1\"\nby = {moment}\n\n"
        )
    };
    let text: String = HEAD.to_owned() + &moments.enumerate().map(milestone).collect::<String>();
    let folder = world.path("calendars");
    fs::create_dir_all(folder.join("cz")).unwrap();
    for names in embedded::files().into_iter().filter(File::is_names) {
        fs::write(folder.join(&names.path), names.content()).unwrap();
    }
    fs::write(folder.join("cz/regels.toml"), text).unwrap();
}
