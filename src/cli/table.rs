//! Tables for people. Names and addresses come from providers, so whatever could move the cursor or turn the line around
//! is made visible.

/// Lines with columns that stand below each other, a heading first. Nothing but the heading is left out when empty.
pub fn table(headings: &[&str], rows: &[Vec<String>]) -> String {
    let cells = rows.iter().map(|row| row.iter().map(|cell| visible(cell)));
    let rows: Vec<Vec<String>> = cells.map(Iterator::collect).collect();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        let heading = headings.get(column).map_or(0, |heading| heading.len());
        cells
            .map(|cell| cell.chars().count())
            .fold(heading, usize::max)
    };
    let widths: Vec<usize> = (0..headings.len()).map(width).collect();
    let headings = headings.iter().map(ToString::to_string).collect();
    let lines = std::iter::once(&headings).chain(&rows).map(|row| {
        let padded = row.iter().zip(&widths).map(|(cell, width)| {
            let missing = width.saturating_sub(cell.chars().count());
            format!("{cell}{}", " ".repeat(missing))
        });
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Names and values below each other.
pub fn facts(facts: &[(&str, String)]) -> String {
    let width = facts.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let lines = facts.iter().map(|(name, value)| {
        format!("{name:width$}  {}", visible(value))
            .trim_end()
            .to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The text with control characters, and those that change the direction of writing, as escapes.
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        let turns = matches!(character,
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
        if character.is_control() || turns {
            out.extend(character.escape_unicode());
        } else {
            out.push(character);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_each_other() {
        let rows = [
            vec!["acme".to_owned(), String::new(), "fine".to_owned()],
            vec!["a-longer-one".to_owned(), "ø".to_owned(), String::new()],
        ];
        let expected = "SLUG          X  STATE\nacme             fine\na-longer-one  ø";
        assert_eq!(table(&["SLUG", "X", "STATE"], &rows), expected);
        assert_eq!(table(&["SLUG"], &[]), "SLUG");
        let told = facts(&[("id", "one".to_owned()), ("longer", String::new())]);
        assert_eq!(told, "id      one\nlonger");
    }

    #[test]
    fn inv_37_no_name_moves_the_cursor_or_turns_the_line() {
        let rows = [vec!["\u{1b}[2Jada\r\n\u{202e}moc".to_owned()]];
        let told = table(&["NAME"], &rows);
        assert_eq!(told, "NAME\n\\u{1b}[2Jada\\u{d}\\u{a}\\u{202e}moc");
    }
}
