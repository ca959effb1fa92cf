//! Quoted-printable (RFC 2045, section 6.7), because the mail library's own takes as long as all the rest of composing.

/// No encoded line is longer, the `=` of a soft line break included.
const LONGEST: usize = 76;

/// Encodes a text with `\n` at the end of its lines; they become CRLF.
pub fn encode(text: &str) -> Vec<u8> {
    let mut encoded = Encoded { bytes: Vec::with_capacity(text.len() + text.len() / 4), line: 0, last: 0 };
    for (number, line) in text.split('\n').enumerate() {
        if number > 0 {
            encoded.bytes.extend_from_slice(b"\r\n");
        }
        encoded.add_line(line.as_bytes());
    }
    encoded.bytes
}

struct Encoded {
    bytes: Vec<u8>,
    /// Where the line under way begins.
    line: usize,
    /// Where what was added last begins.
    last: usize,
}

impl Encoded {
    fn add_line(&mut self, line: &[u8]) {
        (self.line, self.last) = (self.bytes.len(), self.bytes.len());
        let mut rest = line;
        while let Some(&byte) = rest.first() {
            let room = (LONGEST - 1).saturating_sub(self.bytes.len() - self.line);
            // Spaces and tabs are plain but for the last of a line.
            let reach = room.min(rest.len() - 1);
            let run = rest[..reach].iter().position(|byte| !is_plain(*byte)).unwrap_or(reach);
            if run > 0 {
                self.bytes.extend_from_slice(&rest[..run]);
                self.last = self.bytes.len() - 1;
                rest = &rest[run..];
                continue;
            }
            let is_last_space = rest.len() == 1 && matches!(byte, b' ' | b'\t');
            if is_plain(byte) && !is_last_space {
                self.add(&[byte])
            } else {
                self.add(&hexadecimal(byte))
            }
            rest = &rest[1..];
        }
    }

    /// Breaks the line first where this does not fit; a full line gives up what it got last, to have room for the break.
    fn add(&mut self, token: &[u8]) {
        let length = self.bytes.len() - self.line;
        if length + token.len() > LONGEST {
            let at = if length == LONGEST { self.last } else { self.bytes.len() };
            self.bytes.splice(at..at, *b"=\r\n");
            self.line = at + 3;
        }
        self.last = self.bytes.len();
        self.bytes.extend_from_slice(token);
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
