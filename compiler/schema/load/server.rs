//! `schemas/servers/*.yaml`.

use super::reader::{At, Words};
use super::{Read, leak};
use crate::schema::{
    ATTRIBUTES, Attribute, Collision, Exec, Form, Platform, Refusal, Resends, ScepForm, Server, SyncmlForm, Token, TokenRule,
    Values,
};
use crate::source::{Node, Tree};

pub fn server(root: &Node, stem: &str, platforms: &[Platform]) -> Read<Server> {
    let words = Words::of(root)?;
    let name = words.must("server")?;
    if name.raw()? != stem {
        return name.mistake("the file is named otherwise");
    }
    let managed = words.must("platforms")?;
    if let Some(unknown) = managed.texts()?.iter().find(|name| !platforms.iter().any(|p| p.name == **name)) {
        return managed.mistake(format!("unknown platform `{unknown}`"));
    }
    let server = Server {
        name: name.text()?,
        title: words.must("title")?.text()?,
        sources: words.texts_or_empty("sources")?,
        platforms: leak(managed.texts()?),
        values: words.must("values")?.one_of(
            "way of filling values",
            &[("tokens", Values::Tokens), ("asks", Values::Asks), ("unknown", Values::Unknown)],
        )?,
        attributes: attributes(words.may("attributes"))?,
        tokens: tokens(words.may("tokens"))?,
        collides: collisions(words.may("collides"))?,
        escape: match words.may("escape") {
            Some(at) => leak(at.pairs()?.into_iter().map(|(from, to)| Ok((from, At(to).text()?))).collect::<Read<_>>()?),
            None => &[],
        },
        resends: words.must("resends")?.one_of("answer", &[("changed", Resends::Changed), ("never", Resends::Never)])?,
        syncml: words.may("syncml").map(syncml).transpose()?,
        configurations_alone: match words.may("declarations") {
            Some(at) => at.one_of("sort of declarations", &[("all", false), ("configurations", true)])?,
            None => false,
        },
        refuses: leak(match words.may("refuses") {
            Some(at) => at.items()?.iter().map(refusal).collect::<Read<_>>()?,
            None => Vec::new(),
        }),
        notes: words.texts_or_empty("notes")?,
    };
    words.finish()?;
    Ok(server)
}

fn attributes(at: Option<At<'_>>) -> Read<&'static [Attribute]> {
    let Some(at) = at else { return Ok(&[]) };
    let mut attributes = Vec::new();
    for (name, node) in at.pairs()? {
        if !ATTRIBUTES.contains(&name) {
            return Err((node.span, format!("unknown attribute `{name}`")));
        }
        let rules = At(node).items()?.iter().map(|node| {
            let words = Words::of(node)?;
            words.may("source");
            let rule = TokenRule {
                token: words.must("token")?.text()?,
                platforms: words.texts_or_empty("platforms")?,
                kinds: words.texts_or_empty("kinds")?,
            };
            words.finish()?;
            Ok(rule)
        });
        attributes.push(Attribute { name, rules: leak(rules.collect::<Read<_>>()?) });
    }
    Ok(leak(attributes))
}

fn tokens(at: Option<At<'_>>) -> Read<&'static [Token]> {
    let Some(at) = at else { return Ok(&[]) };
    let tokens = at.items()?.iter().map(|node| {
        if let Tree::Scalar(_) = node.tree {
            return Ok(Token::Exact(At(node).text()?));
        }
        let words = Words::of(node)?;
        let token = Token::Prefix(words.must("prefix")?.text()?);
        words.finish()?;
        Ok(token)
    });
    tokens.collect::<Read<Vec<_>>>().map(leak)
}

fn collisions(at: Option<At<'_>>) -> Read<&'static [Collision]> {
    let Some(at) = at else { return Ok(&[]) };
    let collisions = at.items()?.iter().map(|node| {
        if let Tree::Scalar(_) = node.tree {
            return At(node).one_of("collision", &[("known", Collision::Known)]);
        }
        let words = Words::of(node)?;
        let opens = words.must("opens")?.text()?;
        let collision = match words.may("closes") {
            Some(closes) => Collision::Between(opens, closes.text()?),
            None => Collision::Opens(opens),
        };
        words.finish()?;
        Ok(collision)
    });
    collisions.collect::<Read<Vec<_>>>().map(leak)
}

fn syncml(at: At<'_>) -> Read<SyncmlForm> {
    let words = Words::of(at.0)?;
    let form = SyncmlForm {
        form: words.must("form")?.one_of("form", &[("message", Form::Message), ("commands", Form::Commands)])?,
        command_ids: words.must("command_ids")?.boolean()?,
        declaration: words.must("declaration")?.boolean()?,
        delete: words.must("delete")?.boolean()?,
        atomic: words.must("atomic")?.boolean()?,
        atomic_alone: words.flag("atomic_alone")?,
        rows: words.flag("rows")?,
        exec: words
            .must("exec")?
            .one_of("answer", &[("anywhere", Exec::Anywhere), ("top_level", Exec::TopLevel), ("none", Exec::None)])?,
        scep: match words.may("scep") {
            Some(at) => {
                let words = Words::of(at.0)?;
                let scep = ScepForm {
                    flat: words.must("flat")?.boolean()?,
                    install_node: words.must("install_node")?.boolean()?,
                    instance: words.text_or_empty("instance")?,
                    proxies: words.texts_or_empty("proxies")?,
                    subject_must_hold: words.text_or_empty("subject_must_hold")?,
                };
                words.finish()?;
                Some(scep)
            }
            None => None,
        },
        reserved: words.texts_or_empty("reserved")?,
    };
    words.finish()?;
    Ok(form)
}

fn refusal(node: &Node) -> Read<Refusal> {
    let words = Words::of(node)?;
    let refusal = Refusal {
        platform: words.must("platform")?.text()?,
        kinds: words.texts_or_empty("kinds")?,
        reason: words.must("reason")?.text()?,
        source: words.must("source")?.text()?,
    };
    words.finish()?;
    Ok(refusal)
}
