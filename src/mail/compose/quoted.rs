//! Quoted-printable (RFC 2045, section 6.7), because the mail library's own takes as long as all the rest of composing.

/// No encoded line is longer, the `=` of a soft line break included.
const LONGEST: usize = 76;

/// Encodes a text with `\n` at the end of its lines; they become CRLF.
pub fn encode(text: &str) -> Vec<u8> {
    let mut encoded = Vec::with_capacity(text.len() + text.len() / 4);
    let mut rest = text.as_bytes();
    while let Some(end) = memchr::memchr(b'\n', rest) {
        add_line(&mut encoded, &rest[..end]);
        encoded.extend_from_slice(b"\r\n");
        rest = &rest[end + 1..];
    }
    add_line(&mut encoded, rest);
    encoded
}

fn add_line(encoded: &mut Vec<u8>, line: &[u8]) {
    let (mut column, mut rest) = (0, line);
    while let Some((&byte, after)) = rest.split_first() {
        // The last of a line is looked at alone: a space must not end it, and it needs no room for a break behind it.
        let reach = after.len().min(LONGEST - 1 - column);
        let run = rest[..reach].iter().position(|byte| !is_plain(*byte)).unwrap_or(reach);
        if run > 0 {
            encoded.extend_from_slice(&rest[..run]);
            (column, rest) = (column + run, &rest[run..]);
            continue;
        }
        let is_last = after.is_empty();
        let stands_for_itself = is_plain(byte) && !(is_last && matches!(byte, b' ' | b'\t'));
        let length = if stands_for_itself { 1 } else { 3 };
        if column + length > LONGEST - usize::from(!is_last) {
            encoded.extend_from_slice(b"=\r\n");
            column = 0;
        }
        if stands_for_itself {
            encoded.push(byte)
        } else {
            encoded.extend_from_slice(&hexadecimal(byte))
        }
        (column, rest) = (column + length, after);
    }
}

/// Looked up, because it is asked of each byte.
const PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = b' ';
    while byte <= b'~' {
        plain[byte as usize] = byte != b'=';
        byte += 1;
    }
    plain[b'\t' as usize] = true;
    plain
};

fn is_plain(byte: u8) -> bool {
    PLAIN[usize::from(byte)]
}

fn hexadecimal(byte: u8) -> [u8; 3] {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    [b'=', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]
}

#[cfg(test)]
mod tests {
    use super::*;
    use lettre::message::Body;
    use lettre::message::header::ContentTransferEncoding::QuotedPrintable;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_says_what_the_mail_library_says(text in "([ -~]{0,90}|[a-zëï€= \t]{0,200}|\n){0,12}") {
            let theirs = Body::new_with_encoding(text.clone(), QuotedPrintable).unwrap();
            let (ours, theirs) = (String::from_utf8(encode(&text)).unwrap(), String::from_utf8(theirs.into_vec()).unwrap());
            prop_assert_eq!(ours, theirs);
        }
    }

    #[test]
    fn lines_are_short_and_end_in_crlf() {
        let encoded = String::from_utf8(encode(&format!("{}\nüber \n", "x".repeat(200)))).unwrap();
        assert!(encoded.split("\r\n").all(|line| line.len() <= LONGEST));
        assert!(encoded.ends_with("\r\n=C3=BCber=20\r\n"), "{encoded}");
    }
}
