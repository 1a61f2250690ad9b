//! People or devices, column by column; each distinct text of a column stands once.

use std::borrow::Cow;
use std::hash::BuildHasher as _;

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;

use super::names::{DEVICE_ATTRIBUTES, local_name};
use super::{Problem, Problems, Sort, devices};
use crate::artifact::in_xml;

/// Between the values of an attribute that has several.
const BETWEEN: char = '\u{1f}';
/// More columns than this are no directory.
const MOST_COLUMNS: usize = 1_000;

/// All people, or all devices.
#[derive(Debug, Default)]
pub struct Table {
    columns: Vec<Column>,
    /// Further columns of the file, not kept.
    others: Vec<String>,
    rows: u32,
    keys: Keys,
}

/// One attribute of all rows.
#[derive(Debug)]
pub struct Column {
    name: String,
    /// For each row an index into `texts`; 0 is the empty text.
    codes: Vec<u32>,
    texts: Texts,
}

/// Distinct texts, one behind the other.
#[derive(Debug, Default)]
struct Texts {
    text: String,
    ends: Vec<usize>,
    index: HashTable<u32>,
}

/// Rows by what they are called.
#[derive(Debug, Default)]
struct Keys {
    ids: HashTable<u32>,
    /// By what stands in for an id.
    others: HashTable<u32>,
}

/// One person or device.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// Its table.
    pub table: &'a Table,
    /// Its place in it.
    pub index: u32,
}

fn hash(text: &str) -> u64 {
    FixedState::with_seed(0).hash_one(text)
}

/// With a line feed for each line break, which is what a reader of XML makes of it.
fn one_break(value: &str) -> Cow<'_, str> {
    if value.contains('\r') { Cow::Owned(value.replace("\r\n", "\n").replace('\r', "\n")) } else { Cow::Borrowed(value) }
}

/// Of the text in lower case, so that ids are found whatever their case.
fn folded_hash(text: &str) -> u64 {
    hash(&text.to_lowercase())
}

/// Whether two texts are the same but for their case.
pub fn same(a: &str, b: &str) -> bool {
    a == b || a.chars().flat_map(char::to_lowercase).eq(b.chars().flat_map(char::to_lowercase))
}

/// One of the texts that stand one behind the other.
fn part<'t>(text: &'t str, ends: &[usize], code: u32) -> &'t str {
    let at = code as usize;
    let start = at.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(0);
    ends.get(at).and_then(|end| text.get(start..*end)).unwrap_or_default()
}

impl Texts {
    fn get(&self, code: u32) -> &str {
        part(&self.text, &self.ends, code)
    }

    fn code(&mut self, wanted: &str) -> u32 {
        let Texts { text, ends, index } = self;
        let get = |code: u32| part(text, ends, code);
        match index.entry(hash(wanted), |code| get(*code) == wanted, |code| hash(get(*code))) {
            Entry::Occupied(entry) => *entry.get(),
            Entry::Vacant(entry) => {
                let code = u32::try_from(ends.len()).unwrap_or(u32::MAX);
                entry.insert(code);
                text.push_str(wanted);
                ends.push(text.len());
                code
            }
        }
    }
}

impl Column {
    fn new(name: &str) -> Column {
        let mut texts = Texts::default();
        texts.code("");
        Column { name: name.to_owned(), codes: Vec::new(), texts }
    }

    /// For each row the number of its text.
    #[must_use]
    pub fn codes(&self) -> &[u32] {
        &self.codes
    }

    /// The values of all distinct texts, in the order of their numbers. An absent attribute has one, which is empty.
    pub fn distinct(&self) -> impl Iterator<Item = std::str::Split<'_, char>> {
        (0..self.texts.ends.len()).map(|code| self.texts.get(u32::try_from(code).unwrap_or(0)).split(BETWEEN))
    }
}

impl Table {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows as usize
    }

    /// Whether there is nobody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The column of a name, if it was kept and any row has it.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The names of all columns that the file has.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| column.name.as_str()).chain(self.others.iter().map(String::as_str))
    }

    /// A row.
    #[must_use]
    pub fn row(&self, index: u32) -> Row<'_> {
        Row { table: self, index }
    }

    /// The row whose id, or else whose user principal name, is this, ignoring case.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<u32> {
        let hash = folded_hash(name);
        let by = |rows: &HashTable<u32>, column: &str| rows.find(hash, |row| same(self.row(*row).value(column), name)).copied();
        by(&self.keys.ids, "id").or_else(|| by(&self.keys.others, "user_principal_name"))
    }
}

impl<'a> Row<'a> {
    /// The value of an attribute, of several the first; empty when it is absent.
    #[must_use]
    pub fn value(self, name: &str) -> &'a str {
        let Some(column) = self.table.column(name) else { return "" };
        let code = column.codes.get(self.index as usize).copied().unwrap_or(0);
        column.texts.get(code).split(BETWEEN).next().unwrap_or_default()
    }

    /// The id.
    #[must_use]
    pub fn id(self) -> &'a str {
        self.value("id")
    }
}

/// Where a value goes: a column that is kept, or none.
#[derive(Debug, Clone, Copy)]
pub struct Slot(Option<usize>);

impl Slot {
    /// Whether its values are kept.
    pub fn kept(self) -> bool {
        self.0.is_some()
    }
}

/// Takes rows in, one value after the other.
pub struct Builder<'a> {
    sort: Sort,
    wanted: &'a dyn Fn(&str) -> bool,
    table: Table,
    problems: Problems,
    /// The values of the row that is being read, by column.
    row: Vec<String>,
    line: u64,
    open: bool,
    /// The line of each row: for those that are there twice.
    lines: Vec<u32>,
    too_many: bool,
}

/// What stands in for an id where there is none, and is nobody else's either: the attribute, and what people call it.
fn instead_of_id(sort: Sort) -> (&'static str, &'static str) {
    match sort {
        Sort::Users => ("user_principal_name", "user principal name"),
        Sort::Devices => ("serial_number", "serial number"),
    }
}

impl<'a> Builder<'a> {
    pub fn new(sort: Sort, wanted: &'a dyn Fn(&str) -> bool) -> Builder<'a> {
        let mut builder = Builder {
            sort,
            wanted,
            table: Table::default(),
            problems: Problems::default(),
            row: Vec::new(),
            line: 0,
            open: false,
            lines: Vec::new(),
            too_many: false,
        };
        builder.column("id");
        builder
    }

    /// What the file lists.
    pub fn sort(&self) -> Sort {
        self.sort
    }

    /// Our name for a column.
    pub fn name(&self, theirs: &str) -> String {
        local_name(self.sort, theirs)
    }

    /// Where values of a column go.
    pub fn slot(&mut self, name: &str) -> Slot {
        if let Some(at) = self.table.columns.iter().position(|column| column.name == name) {
            return Slot(Some(at));
        }
        if self.table.others.iter().any(|other| other == name) {
            return Slot(None);
        }
        if self.table.columns.len() + self.table.others.len() >= MOST_COLUMNS {
            if !std::mem::replace(&mut self.too_many, true) {
                self.problem(Problem::at(self.line.max(1), format!("the file has more than {MOST_COLUMNS} attributes")));
            }
            return Slot(None);
        }
        if self.wants(name) {
            return Slot(Some(self.column(name)));
        }
        self.table.others.push(name.to_owned());
        Slot(None)
    }

    /// Whether values of a column are kept.
    pub fn wants(&self, name: &str) -> bool {
        let needed = instead_of_id(self.sort).0 == name || (self.sort == Sort::Devices && DEVICE_ATTRIBUTES.contains(&name));
        needed || (self.wanted)(name)
    }

    fn column(&mut self, name: &str) -> usize {
        let mut column = Column::new(name);
        column.codes = vec![0; self.table.rows as usize];
        self.table.columns.push(column);
        self.row.push(String::new());
        self.table.columns.len() - 1
    }

    pub fn begin(&mut self, line: u64) {
        self.row.iter_mut().for_each(String::clear);
        self.line = line;
        self.open = true;
    }

    /// Forgets the row that is being read.
    pub fn drop_row(&mut self) {
        self.open = false;
    }

    /// One value more of an attribute.
    pub fn add(&mut self, slot: Slot, value: &str) {
        let value = value.trim();
        let Some(at) = slot.0.filter(|_| !value.is_empty()) else { return };
        let name = self.table.columns.get(at).map_or("", |column| &column.name);
        if let Some(why) = self.unfit(name, value) {
            let problem = Problem::at(self.line, format!("the value of `{name}` holds {why}"));
            self.problem(problem);
            return;
        }
        if let Some(cell) = self.row.get_mut(at) {
            if !cell.is_empty() {
                cell.push(BETWEEN);
            }
            cell.push_str(&one_break(value));
        }
    }

    /// What a value holds that it cannot.
    fn unfit(&self, name: &str, value: &str) -> Option<String> {
        let key = name == "id" || name == instead_of_id(self.sort).0;
        if key && value.chars().any(char::is_control) {
            return Some("a tab, a line break or another control character, which nobody is called".to_owned());
        }
        let wrong = value.chars().find(|c| !in_xml(*c))?;
        Some(format!("the character U+{:04X}, which no artifact can carry", u32::from(wrong)))
    }

    /// Takes the row in. Without an id, or with one that is there already, it is not.
    pub fn end(&mut self) {
        if !std::mem::replace(&mut self.open, false) {
            return;
        }
        let Some(id) = self.id() else {
            let help = match self.sort {
                Sort::Users => "give each person an `id`, or a user principal name, which stands in for it",
                Sort::Devices => "give each device an `id`, or a serial number, which stands in for it",
            };
            self.problem(Problem { help: Some(help.into()), ..Problem::at(self.line, "the entry has no id") });
            return;
        };
        if self.sort == Sort::Devices {
            let wrong = devices::wrong(self.line, &|name| self.value(name));
            wrong.into_iter().for_each(|problem| self.problem(problem));
        }
        let row = self.table.rows;
        if row == u32::MAX {
            return;
        }
        if let Some((first, message)) = self.taken(&id) {
            let help = match self.sort {
                Sort::Users => "an id, and a user principal name, belong to one alone, whatever their case",
                Sort::Devices => "an id, and a serial number, belong to one alone, whatever their case",
            };
            self.problem(Problem {
                other: self.lines.get(first as usize).copied().map(u64::from),
                help: Some(help.into()),
                ..Problem::at(self.line, message)
            });
            return;
        }
        if let Some(cell) = self.row.first_mut() {
            *cell = id;
        }
        for (column, value) in self.table.columns.iter_mut().zip(&self.row) {
            let code = column.texts.code(value);
            column.codes.push(code);
        }
        self.table.rows += 1;
        self.lines.push(u32::try_from(self.line).unwrap_or(u32::MAX));
        self.remember(row);
    }

    /// The first value of an attribute of the row that is being read.
    pub fn value(&self, name: &str) -> Option<&str> {
        let at = self.table.columns.iter().position(|column| column.name == name)?;
        self.row.get(at)?.split(BETWEEN).next().filter(|value| !value.is_empty())
    }

    fn id(&self) -> Option<String> {
        self.value("id").or_else(|| self.value(instead_of_id(self.sort).0)).map(ToOwned::to_owned)
    }

    /// The row that is called as the row that is being read is, by its id or by what stands in for one; what of this row that is, and why not.
    fn taken(&self, id: &str) -> Option<(u32, String)> {
        let (attribute, called) = instead_of_id(self.sort);
        let own = self.value(attribute);
        let twice = |what: &str, text: &str| format!("the {what} `{text}` is there twice");
        let by_id = || Some((self.with_id(id)?, twice("id", id)));
        let by_other = || own.and_then(|own| Some((self.with_other(own)?, twice(called, own))));
        // Where the other one stands in, it is what was written.
        let found = if self.value("id").is_some() { by_id().or_else(by_other) } else { by_other().or_else(by_id) };
        let one = self.sort.entity();
        let across = || Some((self.with_other(id)?, format!("the id `{id}` is the {called} of another {one}")));
        let back = || own.and_then(|own| Some((self.with_id(own)?, format!("the {called} `{own}` is the id of another {one}"))));
        found.or_else(across).or_else(back)
    }

    fn with_id(&self, id: &str) -> Option<u32> {
        self.table.keys.ids.find(folded_hash(id), |row| same(self.table.row(*row).id(), id)).copied()
    }

    /// By what stands in for an id.
    fn with_other(&self, text: &str) -> Option<u32> {
        let attribute = instead_of_id(self.sort).0;
        let held = |row: &u32| same(self.table.row(*row).value(attribute), text);
        self.table.keys.others.find(folded_hash(text), held).copied()
    }

    fn remember(&mut self, row: u32) {
        let Table { keys: Keys { ids, others }, columns, .. } = &mut self.table;
        let text = |name: &str, row: u32| {
            let column = columns.iter().find(|column| column.name == name);
            let code = column.and_then(|column| column.codes.get(row as usize).copied()).unwrap_or(0);
            column.map_or("", |column| column.texts.get(code)).split(BETWEEN).next().unwrap_or_default()
        };
        ids.insert_unique(folded_hash(text("id", row)), row, |row| folded_hash(text("id", *row)));
        let name = instead_of_id(self.sort).0;
        if !text(name, row).is_empty() {
            others.insert_unique(folded_hash(text(name, row)), row, |row| folded_hash(text(name, *row)));
        }
    }

    pub fn problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    pub fn note(&mut self, sentence: String) {
        self.problems.notes.push(sentence);
    }

    pub fn finish(mut self) -> (Table, Problems) {
        for column in &mut self.table.columns {
            column.codes.shrink_to_fit();
            column.texts.index = HashTable::new();
            column.texts.text.shrink_to_fit();
        }
        (self.table, self.problems)
    }
}
