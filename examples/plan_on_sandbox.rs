//! Plans a manifest against an embedded platform and prints each step:
//! `cargo run --example plan_on_sandbox [MANIFEST]`. On a real tenant, only the address and the two secrets
//! differ. A plan is made with a `RemoteReader`, which cannot write.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "an example reads its environment and prints"
)]

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;

use anstream::StripStream;
use connectorctl::SystemClock;
use connectorctl::diagnostic::{Diagnostics, Length};
use connectorctl::lockfile::LockView;
use connectorctl::manifest::{self, LoadOptions};
use connectorctl::model::Secret;
use connectorctl::reconcile::Policy;
use connectorctl::remote::{Address, Credentials, HttpTransport, RemoteReader, Settings};
use connectorctl::render;
use connectorctl::sandbox::{self, SandboxOptions};
use connectorctl::secrets::{self, Lookups, MissingPolicy};
use connectorctl::session::{Identity, Session};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1);
    let path = path.map_or_else(|| PathBuf::from("instances.example.yaml"), PathBuf::from);

    // The manifest: every problem at once, or what is wanted.
    let files = manifest::read(&[path]).map_err(|problems| shown(&problems))?;
    let loaded = manifest::load(&files, LoadOptions::default());
    let Some(desired) = loaded.desired else {
        return Err(shown(&loaded.diagnostics).into());
    };

    // The platform, and who we are there.
    let sandbox = sandbox::start(SandboxOptions::default()).await?;
    let identity = Identity {
        url: sandbox.url(),
        user: Secret::new(sandbox.user_secret()),
        organization: Secret::new(sandbox.organization_secret()),
        fingerprint_key: None,
        previous: None,
        known: std::sync::Arc::default(),
        is_sandbox: true,
    };
    let credentials = Credentials {
        user: identity.user.clone(),
        organization: identity.organization.clone(),
    };
    let address = Address::parse(&identity.url, false)?;
    let transport = HttpTransport::new(&address, None)?;
    let reader = RemoteReader::new(
        address,
        &credentials,
        Arc::new(transport),
        Arc::new(SystemClock),
        Settings::default(),
    )?;

    // The secrets: a reference without a value gets a stand-in, as under `--sandbox`.
    let lookups = Lookups {
        variable: &|name| std::env::var_os(name),
        allow_exec: false,
        missing: MissingPolicy::StandIn,
    };
    let (secrets, _) = secrets::resolve(&desired, &loaded.places, &lookups, &|_, _| true)
        .map_err(|problems| shown(&problems))?;

    // The plan, against an empty lock file.
    let session = Session {
        desired: &desired,
        identity: &identity,
    };
    let planned = session
        .plan(&reader, secrets, LockView::default(), Policy::default())
        .await?;
    for step in &planned.plan.steps {
        println!("{} {} ({})", step.action.as_str(), step.key, step.element);
    }
    Ok(())
}

fn shown(problems: &Diagnostics) -> String {
    let mut text = Vec::new();
    // Writing to memory does not fail. The stream takes the colors out.
    let _ = render::diagnostics::human(problems, Length::Full, &mut StripStream::new(&mut text));
    String::from_utf8_lossy(&text).into_owned()
}
