//! What a scalar means under YAML 1.2's core schema.

use super::Scalar;

/// The core schema's reading of a scalar. Quoted and block scalars are always [`Resolved::Text`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Resolved<'a> {
    /// `null`, `~` or nothing at all.
    Null,
    /// `true`, `True`, `TRUE` and their opposites. `yes` and `no` are text.
    Boolean(bool),
    /// Decimal (`012` is 12), `0o` octal or `0x` hexadecimal, within 64 bits.
    Integer(i64),
    /// A number with a fraction or an exponent, an infinity, or an integer beyond 64 bits.
    Float,
    /// Everything else.
    Text(&'a str),
}

impl Resolved<'_> {
    /// How a message names it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Resolved::Null => "nothing",
            Resolved::Boolean(_) => "a boolean",
            Resolved::Integer(_) => "a whole number",
            Resolved::Float => "a number",
            Resolved::Text(_) => "text",
        }
    }
}

/// Reads a scalar by YAML 1.2's core schema (<https://yaml.org/spec/1.2.2/#103-core-schema>).
#[must_use]
pub fn resolve(scalar: &Scalar) -> Resolved<'_> {
    let text = &*scalar.text;
    if !scalar.plain {
        return Resolved::Text(text);
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Resolved::Null,
        "true" | "True" | "TRUE" => return Resolved::Boolean(true),
        "false" | "False" | "FALSE" => return Resolved::Boolean(false),
        _ => {}
    }
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) {
        return Resolved::Text(text);
    }
    if let Some(octal) = text.strip_prefix("0o").filter(|digits| all(digits, |b| matches!(b, b'0'..=b'7'))) {
        return i64::from_str_radix(octal, 8).map_or(Resolved::Float, Resolved::Integer);
    }
    if let Some(hex) = text.strip_prefix("0x").filter(|digits| all(digits, |b| b.is_ascii_hexdigit())) {
        return i64::from_str_radix(hex, 16).map_or(Resolved::Float, Resolved::Integer);
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if all(unsigned, |b| b.is_ascii_digit()) {
        return text.parse().map_or(Resolved::Float, Resolved::Integer);
    }
    if is_float(text, unsigned) { Resolved::Float } else { Resolved::Text(text) }
}

fn all(text: &str, test: impl Fn(u8) -> bool) -> bool {
    !text.is_empty() && text.bytes().all(test)
}

/// `[-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`, or an infinity, or not a number.
fn is_float(text: &str, unsigned: &str) -> bool {
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (&unsigned[..at], Some(&unsigned[at + 1..])),
        None => (unsigned, None),
    };
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let mantissa_is_number = match mantissa.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction) && !(whole.is_empty() && fraction.is_empty()),
        None => all(mantissa, |b| b.is_ascii_digit()),
    };
    mantissa_is_number && exponent.is_none_or(|e| all(e.strip_prefix(['+', '-']).unwrap_or(e), |b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> Scalar {
        Scalar { text: text.into(), plain: true }
    }

    #[test]
    fn words_of_yaml_1_1_are_text() {
        for word in ["yes", "no", "on", "off", "y", "n", "12:30", "0b1", "1_000", "2_weeks", "1.2.3", ".", "-", "1e"] {
            assert_eq!(resolve(&plain(word)), Resolved::Text(word));
        }
    }

    #[test]
    fn leading_zeros_do_not_make_an_octal() {
        assert_eq!(resolve(&plain("012")), Resolved::Integer(12));
        assert_eq!(resolve(&plain("0o14")), Resolved::Integer(12));
        assert_eq!(resolve(&plain("-7")), Resolved::Integer(-7));
        assert_eq!(resolve(&plain("99999999999999999999")), Resolved::Float);
        assert_eq!(resolve(&plain("16.1")), Resolved::Float);
    }

    #[test]
    fn quoted_scalars_are_text() {
        assert_eq!(resolve(&Scalar { text: "true".into(), plain: false }), Resolved::Text("true"));
    }
}
