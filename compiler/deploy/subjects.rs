//! Who can be reached: every user, and every device that has no owner among them. What reaches a device reaches its owner.

use fixedbitset::FixedBitSet;

use super::collections::Collection;
use super::directory::{Directory, Row, Sort};

/// Users first, then devices without an owner.
#[derive(Debug, Default)]
pub struct Subjects {
    users: u32,
    /// For each device its owner, or itself.
    of_device: Vec<u32>,
    /// Devices without an owner, by row.
    alone: Vec<u32>,
}

impl Subjects {
    /// All of a directory.
    #[must_use]
    pub fn of(directory: &Directory) -> Subjects {
        let users = u32::try_from(directory.users.len()).unwrap_or(u32::MAX);
        let mut subjects = Subjects { users, ..Subjects::default() };
        for row in 0..u32::try_from(directory.devices.len()).unwrap_or(u32::MAX) {
            let owner = directory.devices.row(row).value("owner");
            let subject = Some(owner).filter(|owner| !owner.is_empty()).and_then(|owner| directory.users.find(owner));
            subjects.of_device.push(subject.unwrap_or_else(|| {
                subjects.alone.push(row);
                users.saturating_add(u32::try_from(subjects.alone.len() - 1).unwrap_or(u32::MAX))
            }));
        }
        subjects
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.users as usize + self.alone.len()
    }

    /// Whether there is nobody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whom a collection reaches.
    #[must_use]
    pub fn reached(&self, collection: &Collection) -> FixedBitSet {
        let mut reached = FixedBitSet::with_capacity(self.len());
        let rows = collection.rows.iter().flat_map(FixedBitSet::ones);
        match collection.of {
            Sort::Users => rows.for_each(|row| reached.insert(row)),
            Sort::Devices => {
                rows.filter_map(|row| self.of_device.get(row)).for_each(|subject| reached.insert(*subject as usize));
            }
        }
        reached
    }

    /// The subject of a user or a device.
    #[must_use]
    pub fn subject(&self, sort: Sort, row: u32) -> Option<usize> {
        match sort {
            Sort::Users => Some(row as usize),
            Sort::Devices => self.of_device.get(row as usize).map(|subject| *subject as usize),
        }
    }

    /// The row of a subject, and whether it is a user or a device.
    #[must_use]
    pub fn row<'d>(&self, subject: usize, directory: &'d Directory) -> Option<(Sort, Row<'d>)> {
        let at = u32::try_from(subject).ok()?;
        if at < self.users {
            return Some((Sort::Users, directory.users.row(at)));
        }
        self.alone.get(subject - self.users as usize).map(|row| (Sort::Devices, directory.devices.row(*row)))
    }

    /// For each device its owner, or itself.
    pub fn owners(&self) -> impl Iterator<Item = u32> {
        self.of_device.iter().copied()
    }
}
