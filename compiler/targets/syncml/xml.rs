//! Commands as XML: a whole message or the bare run, in the order of OMA's document type definition.
//!
//! Text is entity-escaped, without CDATA and without padding: servers compare what they sent with what a device reports.

use std::io::Write as _;

use quick_xml::Writer;
use quick_xml::escape::partial_escape;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use super::commands::{Block, Command};
use crate::schema::{Form, SyncmlForm};
use crate::targets::Fault;

const MESSAGE: &str = "SYNCML:SYNCML1.2";
const META: &str = "syncml:metinf";

/// The bytes of an artifact.
pub fn write(blocks: &[Block], form: &SyncmlForm) -> Result<Vec<u8>, Fault> {
    let mut xml = Xml { writer: Writer::new_with_indent(Vec::with_capacity(4096), b' ', 2), next: 1, numbered: form.command_ids };
    xml.document(blocks, form).map_err(|error| Fault(format!("the message cannot be written: {error}")))?;
    let mut bytes = xml.writer.into_inner();
    bytes.write_all(b"\n").map_err(|error| Fault(error.to_string()))?;
    Ok(bytes)
}

struct Xml {
    writer: Writer<Vec<u8>>,
    next: u32,
    numbered: bool,
}

type Written = std::io::Result<()>;

impl Xml {
    fn document(&mut self, blocks: &[Block], form: &SyncmlForm) -> Written {
        if form.declaration && form.form == Form::Message {
            self.writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        }
        match form.form {
            Form::Commands => self.blocks(blocks),
            Form::Message => self.message(blocks),
        }
    }

    fn message(&mut self, blocks: &[Block]) -> Written {
        self.start_with("SyncML", MESSAGE)?;
        self.start("SyncHdr")?;
        for (name, text) in [("VerDTD", "1.2"), ("VerProto", "DM/1.2"), ("SessionID", "1"), ("MsgID", "1")] {
            self.leaf(name, text)?;
        }
        for (name, uri) in [("Target", "./"), ("Source", "payloadc")] {
            self.start(name)?;
            self.leaf("LocURI", uri)?;
            self.end(name)?;
        }
        self.end("SyncHdr")?;
        self.start("SyncBody")?;
        self.blocks(blocks)?;
        self.writer.write_event(Event::Empty(BytesStart::new("Final")))?;
        self.end("SyncBody")?;
        self.end("SyncML")
    }

    fn blocks(&mut self, blocks: &[Block]) -> Written {
        for block in blocks {
            match block {
                Block::One(command) => self.command(command)?,
                Block::Atomic(commands) => {
                    self.start("Atomic")?;
                    self.number()?;
                    for command in commands {
                        self.command(command)?;
                    }
                    self.end("Atomic")?;
                }
            }
        }
        Ok(())
    }

    fn command(&mut self, command: &Command) -> Written {
        self.start(command.verb.name())?;
        self.number()?;
        self.start("Item")?;
        self.start("Target")?;
        self.leaf("LocURI", command.uri.encoded())?;
        self.end("Target")?;
        if let Some((format, value)) = &command.value {
            self.start("Meta")?;
            self.leaf_with("Format", META, format.name())?;
            self.leaf_with("Type", META, "text/plain")?;
            self.end("Meta")?;
            if let Some(value) = value {
                self.leaf("Data", value)?;
            }
        }
        self.end("Item")?;
        self.end(command.verb.name())
    }

    fn number(&mut self) -> Written {
        if self.numbered {
            let id = self.next.to_string();
            self.next += 1;
            self.leaf("CmdID", &id)?;
        }
        Ok(())
    }

    fn start(&mut self, name: &str) -> Written {
        self.writer.write_event(Event::Start(BytesStart::new(name)))
    }

    fn start_with(&mut self, name: &str, namespace: &str) -> Written {
        let mut start = BytesStart::new(name);
        start.push_attribute(("xmlns", namespace));
        self.writer.write_event(Event::Start(start))
    }

    fn end(&mut self, name: &str) -> Written {
        self.writer.write_event(Event::End(BytesEnd::new(name)))
    }

    fn text(&mut self, text: &str) -> Written {
        self.writer.write_event(Event::Text(BytesText::from_escaped(partial_escape(text))))
    }

    fn leaf(&mut self, name: &str, text: &str) -> Written {
        self.start(name)?;
        self.text(text)?;
        self.end(name)
    }

    fn leaf_with(&mut self, name: &str, namespace: &str, text: &str) -> Written {
        self.start_with(name, namespace)?;
        self.text(text)?;
        self.end(name)
    }
}
