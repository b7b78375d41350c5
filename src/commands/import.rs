//! `connectorctl import`: instances that exist, into the manifest and the lock file.

use std::collections::BTreeMap;

use super::clock::SystemClock;
use super::context::Context;
use super::draft::{self, Draft};
use super::imported::{next, report_of};
use super::inputs;
use super::marking::Marking;
use super::platform::{self, Purpose};
use super::results::{PRINTED, ResultTarget};
use super::secrets;
use super::target::Target;
use crate::cli::{ImportArgs, OutputFormat};
use crate::error::{CliError, Exit};
use crate::import::{Request, Selectors};
use crate::model::{ApplyReport, InstanceKey, Lifecycle};
use crate::render::import::{self as view, View};
use crate::session::{Carrier, Hooks as _, Import, Marked, Session, SessionError, Store};
use crate::session::{unfinished, unless_stopped};

pub(super) async fn run(context: &Context, arguments: &ImportArgs) -> Result<Exit, CliError> {
    let write = &arguments.write;
    inputs::may_confirm(context, write.yes, "import")?;
    let mut marking = Marking::new(context, write)?;
    let file = ResultTarget::open(context, &marking.paths, "--report", write.report.as_ref())?;
    let opened = inputs::store(context, write.lock_timeout);
    let opened = unless_stopped(&marking.signals.stop(), opened).await;
    let mut store = opened.ok_or(SessionError::Interrupted)??;
    let target = Target::find(
        context,
        arguments.into.as_deref(),
        arguments.inventory.as_deref(),
    )?;
    marking.seal(&target.desired, &mut store)?;
    let purpose = Purpose::Write(marking.settings());
    let connection = platform::connect(context, &target.desired, &marking.paths, purpose).await?;
    let session = connection.session(&target.desired);
    let request = request(arguments);
    let current = store.view(&target.desired.inventory);
    let left = unfinished(current.lock.as_ref(), &target.desired);
    let found = session.find(&connection.reader, current, &request);
    let found = super::waiting::until(marking.deadline, found).await?;
    let name = target.name();
    let imported = &found.choice.imported;
    let draft = draft::draft(context, &target, imported, &found.observed)?;
    let shown = View {
        inventory: &target.desired.inventory,
        file: &name,
        imported,
        left: &found.choice.left,
        managed: found.choice.managed,
        stanzas: &draft.stanzas,
    };
    let accepted = match arguments.accept_secrets && !imported.is_empty() {
        true => Some(secrets::unversioned(context, &draft.manifest)?),
        false => None,
    };
    if !imported.is_empty() {
        let question = "Import these instances?";
        marking.agreed(|out| view::plan(&shown, out), question)?;
    }
    let identity = connection.identity.clone();
    let import = Import {
        carrier: Carrier {
            session: Session {
                desired: &draft.manifest.desired,
                identity: &identity,
            },
            remote: &connection.reader.into_writer(),
            clock: &SystemClock,
            stop: marking.signals.stop(),
            options: marking.options(),
        },
        imported,
        found: &found,
        accepted: accepted.as_ref(),
    };
    let run = Run {
        context,
        import,
        target: &target,
        draft: &draft,
    };
    let mut report = ApplyReport::default();
    // Where nothing is imported, an earlier run may have left something in the journal.
    let result = run.carry_out(left, &mut store, &mut marking, &mut report);
    let result = result.await;
    let mut json = Vec::new();
    view::import_json(&shown, &report, &mut json).map_err(CliError::output)?;
    let printed = context.ui.print(|out| match write.output {
        OutputFormat::Text => view::result(&shown, &report, out),
        OutputFormat::Json => out.write_all(&json),
    });
    if let Some(file) = file {
        file.write(context, &json)
            .map_err(|error| error.hint(PRINTED))?;
    }
    result.map_err(|error| error.after(&report))?;
    printed.map_err(CliError::output)?;
    next(context, &found, &draft, accepted.is_some());
    Ok(Exit::of(&report))
}

fn request(arguments: &ImportArgs) -> Request {
    match (&arguments.key, arguments.id) {
        (Some(key), Some(id)) => Request::One(key.clone(), id),
        _ => Request::Some(Selectors(arguments.select.iter().cloned().collect())),
    }
}

/// An import under way, and the manifest that it adds to.
struct Run<'a> {
    context: &'a Context,
    import: Import<'a>,
    target: &'a Target,
    draft: &'a Draft,
}

impl Run<'_> {
    /// Markers first, then the manifest, then the lock file as the manifest declares it.
    async fn carry_out(
        &self,
        left: BTreeMap<InstanceKey, Lifecycle>,
        store: &mut dyn Store,
        marking: &mut Marking<'_>,
        report: &mut ApplyReport,
    ) -> Result<(), CliError> {
        let mut complete = left;
        let marked = match self.import.imported.is_empty() {
            true => Ok(Marked::default()),
            false => self.import.mark(store, marking).await,
        };
        let mut written = Ok(());
        if let Ok(marked) = &marked {
            *report = report_of(&self.import, marked);
            written = self.draft.write(self.context, self.target, &marked.done);
            if written.is_ok() {
                let done = marked.done.iter();
                complete.extend(done.filter_map(|key| Some((key.clone(), self.lifecycle(key)?))));
            }
        }
        let finished = self.import.complete(store, &complete).await;
        marked?;
        written?;
        marking.recorded(&finished?);
        Ok(())
    }

    /// As the manifest declares it.
    fn lifecycle(&self, key: &InstanceKey) -> Option<Lifecycle> {
        let declared = self.target.desired.instances.get(key);
        let declared = declared.or(self.draft.manifest.desired.instances.get(key))?;
        Some(declared.lifecycle.clone())
    }
}
