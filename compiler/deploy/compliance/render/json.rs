//! For programs: everything, as `schemas/editor/evaluation.schema.json` describes it. Assets are written one by one: there may be many.

use std::io::{Result, Write};

use serde::ser::{SerializeMap as _, SerializeSeq as _};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::Evaluation;
use crate::deploy::alert::shown;
use crate::deploy::compliance::{Asset, Judged, State};

/// What the first field says.
const SCHEMA: &str = "payloadc/evaluation/1";

/// Writes JSON, a line for each asset's field.
///
/// # Errors
/// The output cannot be written.
pub fn json(evaluation: &Evaluation<'_>, mut out: &mut dyn Write) -> Result<()> {
    serde_json::to_writer_pretty(&mut out, evaluation)?;
    writeln!(out)
}

impl Serialize for Evaluation<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("schema", SCHEMA)?;
        map.serialize_entry("at", &shown(self.at))?;
        map.serialize_entry("reports", &serde_json::json!({ "used": self.used, "left_out": self.left_out }))?;
        map.serialize_entry("alerts", &self.raised().map(alert).collect::<Vec<_>>())?;
        map.serialize_entry("deployments", &self.deployments)?;
        map.end()
    }
}

/// A raised alert.
fn alert(judged: &Judged<'_>) -> Value {
    let Some(alert) = judged.alert() else { return Value::Null };
    serde_json::json!({
        "deployment": judged.id(),
        "compliance": f64::from(judged.counts.tenths()) / 10.0,
        "compliance_below": alert.compliance_below,
        "by": shown(alert.by),
        "operations_manager": alert.operations_manager,
    })
}

impl Serialize for Judged<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let states: Map<String, Value> =
            State::ALL.into_iter().map(|state| (state.name().to_owned(), self.counts.of(state).into())).collect();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", self.id())?;
        map.serialize_entry("collection", self.collection)?;
        map.serialize_entry("compliance", &(f64::from(self.counts.tenths()) / 10.0))?;
        map.serialize_entry("targeted", &self.counts.targeted())?;
        map.serialize_entry("states", &states)?;
        map.serialize_entry("alert", &self.alert())?;
        map.serialize_entry("alert_raised", &self.raised)?;
        map.serialize_entry("assets", &Assets(&self.assets))?;
        map.end()
    }
}

struct Assets<'a>(&'a [Asset]);

impl Serialize for Assets<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.0.len()))?;
        for asset in self.0 {
            list.serialize_element(&value(asset))?;
        }
        list.end()
    }
}

fn value(asset: &Asset) -> Value {
    let findings: Vec<Value> = asset
        .findings
        .iter()
        .map(|(profile, device, finding)| {
            let mut map = Map::new();
            map.insert("profile".into(), profile.as_str().into());
            if let Some(device) = device {
                map.insert("device".into(), device.as_str().into());
            }
            map.insert("state".into(), finding.state.name().into());
            if !finding.differs.is_empty() {
                map.insert("settings".into(), finding.differs.clone().into());
            }
            if !finding.why.is_empty() {
                map.insert("reason".into(), finding.why.as_str().into());
            }
            map.into()
        })
        .collect();
    serde_json::json!({ asset.sort.entity(): asset.id, "state": asset.state.name(), "findings": findings })
}
