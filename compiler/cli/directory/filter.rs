//! Where a search filter (RFC 4515) is wrong.
//!
//! The LDAP library reads filters itself but says only that one is wrong; this reads the same language for the column. It makes nothing.

/// Deeper filters are refused: the library reads them by recursion.
const DEEPEST: usize = 64;

/// What is wrong, and at which character, counted from 1.
#[derive(Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The column.
    pub column: usize,
    /// What is wrong there.
    pub what: &'static str,
}

/// Reads a whole filter.
pub fn check(text: &str) -> Result<(), Mistake> {
    let mut reader = Reader { text, at: 0 };
    let read = if text.starts_with('(') { reader.filter(0) } else { reader.item(true) };
    let end = read.and_then(|()| if reader.peek().is_none() { Ok(()) } else { Err("the filter has ended before this") });
    end.map_err(|what| Mistake { column: text.get(..reader.at).map_or(1, |before| before.chars().count() + 1), what })
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn take(&mut self, word: &str) -> bool {
        let there = self.rest().starts_with(word);
        if there {
            self.at += word.len();
        }
        there
    }

    /// Goes on while `wanted` holds; returns how far that was, in bytes.
    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> usize {
        let length = self.rest().find(|c| !wanted(c)).unwrap_or(self.rest().len());
        self.at += length;
        length
    }

    fn filter(&mut self, depth: usize) -> Result<(), &'static str> {
        if depth > DEEPEST {
            return Err("this is nested too deeply");
        }
        if !self.take("(") {
            return Err(match self.peek() {
                Some(c) if c.is_whitespace() => "no white space may stand between the parts of a filter",
                Some(_) => "a part in parentheses must stand here",
                None => "the filter ends where a part in parentheses must stand",
            });
        }
        match self.peek() {
            Some('&' | '|') => {
                self.at += 1;
                while self.peek().is_some_and(|c| c != ')') {
                    self.filter(depth + 1)?;
                }
            }
            Some('!') => {
                self.at += 1;
                self.filter(depth + 1)?;
            }
            _ => self.item(false)?,
        }
        match self.peek() {
            Some(')') => self.at += 1,
            Some(_) => return Err("`)` must stand here"),
            None => return Err("a `)` is missing at the end"),
        }
        Ok(())
    }

    /// `attribute=value` and its relatives.
    fn item(&mut self, bare: bool) -> Result<(), &'static str> {
        let name = self.peek() != Some(':');
        if name {
            self.attribute()?;
            for operator in [">=", "<=", "~="] {
                if self.take(operator) {
                    return self.value(false, bare);
                }
            }
            if self.take("=") {
                return self.value(true, bare);
            }
        }
        let of_dn = self.take(":dn");
        let rule = self.rest().starts_with(':') && !self.rest().starts_with(":=");
        if rule {
            self.at += 1;
            self.kind()?;
        }
        if !(name || rule) {
            return Err("an attribute or a matching rule must stand here");
        }
        if !self.take(":=") {
            return Err(if of_dn || rule { "`:=` must stand here" } else { "`=`, `>=`, `<=`, `~=` or `:=` must stand here" });
        }
        self.value(false, bare)
    }

    /// An attribute's name or OID, with options behind `;`.
    fn attribute(&mut self) -> Result<(), &'static str> {
        self.kind()?;
        while self.take(";") {
            if self.take_while(|c| c.is_ascii_alphanumeric() || c == '-') == 0 {
                return Err("an option of the attribute must stand here");
            }
        }
        Ok(())
    }

    fn kind(&mut self) -> Result<(), &'static str> {
        match self.peek() {
            Some(c) if c.is_ascii_alphabetic() => {
                self.take_while(|c| c.is_ascii_alphanumeric() || c == '-');
                Ok(())
            }
            Some(c) if c.is_ascii_digit() => self.oid(),
            Some(c) if c.is_whitespace() => Err("no white space may stand between the parts of a filter"),
            _ => Err("the name of an attribute must stand here"),
        }
    }

    /// Numbers with dots between them, none of them with a zero in front.
    fn oid(&mut self) -> Result<(), &'static str> {
        loop {
            let zero = self.peek() == Some('0');
            match self.take_while(|c| c.is_ascii_digit()) {
                0 => return Err("a number of an OID must stand here"),
                2.. if zero => return Err("a number of an OID has no zero in front"),
                _ => {}
            }
            if !self.take(".") {
                return Ok(());
            }
        }
    }

    fn value(&mut self, stars: bool, bare: bool) -> Result<(), &'static str> {
        let mut after_star = false;
        let mut first = true;
        while let Some(c) = self.peek() {
            match c {
                ')' if bare => return Err("`)` in a value is written `\\29`"),
                ')' => break,
                '(' => return Err("`(` in a value is written `\\28`"),
                '\0' => return Err("a zero byte is written `\\00`"),
                '*' if !stars => return Err("`*` is only for `=`; as a character it is written `\\2a`"),
                '*' if after_star => return Err("`*` stands twice; as a character it is written `\\2a`"),
                '\\' => {
                    let hex = self.rest().get(1..3).is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()));
                    if !hex {
                        return Err("two hexadecimal digits must follow `\\`; as a character it is written `\\5c`");
                    }
                    self.at += 2;
                }
                _ => {}
            }
            after_star = c == '*' && !(first && self.rest() == "*");
            first = false;
            self.at += c.len_utf8();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::check;

    fn column(text: &str) -> usize {
        check(text).unwrap_err().column
    }

    #[test]
    fn sound_filters() {
        for text in [
            "(objectClass=*)",
            "cn=x",
            "(&)",
            "(|(a=b)(!(c=d)))",
            "(cn=a*b*c)",
            "(cn=*a*)",
            "(cn=)",
            "(userAccountControl:1.2.840.113556.1.4.803:=2)",
            "(:dn:caseExactMatch:=x)",
            "(ou:dn:=Sales)",
            "(sn;lang-de=Köln \\28x\\29)",
            "(2.5.4.3>=a)",
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
            assert!(ldap3::parse_filter(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn mistakes_have_a_column() {
        for (text, at) in [
            ("", 1),
            ("(", 2),
            ("(cn=a", 6),
            ("(cn=a))", 7),
            ("(&(a=b) (c=d))", 8),
            ("(&(a=b)c=d)", 8),
            ("(Ä=b)", 2),
            ("(cn=Ä(b)", 6),
            ("(cn=a\\zz)", 6),
            ("(cn>=a*)", 7),
            ("(cn=a**b)", 7),
            ("(cn)", 4),
            ("(cn:dn)", 7),
            ("(:=x)", 2),
            ("(1.02=x)", 6),
        ] {
            assert_eq!(column(text), at, "{text}");
            assert!(ldap3::parse_filter(text).is_err(), "{text}");
        }
        let deep = format!("{}(a=b){}", "(!".repeat(100_000), ")".repeat(100_000));
        assert_eq!(check(&deep).unwrap_err().what, "this is nested too deeply");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]
        /// The library and this file speak one language.
        #[test]
        fn agrees_with_the_library(text in "[()&|!=*:;.\\\\a20-]{0,12}") {
            prop_assert_eq!(check(&text).is_ok(), ldap3::parse_filter(&text).is_ok(), "{}", text);
        }

        #[test]
        fn agrees_near_sound_filters(place in 0..40usize, instead in "[()&|!=*:;.\\\\a20-]{0,2}") {
            let sound = "(&(|(cn=a*b)(sn;x-y>=c))(!(uid:1.2:=d)))";
            let mut text = sound.to_owned();
            text.replace_range(place..=place, &instead);
            prop_assert_eq!(check(&text).is_ok(), ldap3::parse_filter(&text).is_ok(), "{}", text);
        }
    }
}
