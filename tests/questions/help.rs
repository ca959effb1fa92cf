//! What `--help` says.

use crate::world::ask_wide;

#[test]
fn each_command_explains_itself_with_examples() {
    for command in ["list", "show", "timeline", "coverage"] {
        let answer = ask_wide("2023-04-01", "100", &[command, "--help"]);
        assert_eq!(answer.code, 0, "{}", answer.err);
        assert!(answer.out.contains("Examples:"));
        insta::assert_snapshot!(command, answer.out);
    }
}
