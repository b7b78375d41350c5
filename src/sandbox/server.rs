//! The platform on a port: real HTTP and real connections, which a fault can cut. Must not: know what
//! the platform answers.

#![expect(
    clippy::disallowed_methods,
    reason = "a server on a port runs in real time"
)]

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::{Bytes, BytesMut};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::assumptions::Assumptions;
use super::error::SandboxError;
use super::fault_spec::Fault;
use super::platform::{Platform, Seed};
use super::reply::{Cut, Reply};
use super::request::MAX_BYTES;
use super::state_file::{self, StateFile};

/// Reading stops here, whatever the client still sends.
const MAX_DISCARDED: usize = 256 * 1024 * 1024;
/// How long a client may take to send the headers of a request.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);

#[derive(Clone, Debug)]
pub struct SandboxOptions {
    /// The address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Whether other machines may be able to reach the address.
    pub allow_non_loopback: bool,
    /// The state file; without one, the state ends with the sandbox.
    pub state: Option<PathBuf>,
    pub assumptions: Assumptions,
    pub faults: Vec<Fault>,
    /// Added before every response.
    pub latency: Duration,
    /// The source of ids, tokens and secrets in a new state.
    pub seed: Seed,
}

impl Default for SandboxOptions {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            allow_non_loopback: false,
            state: None,
            assumptions: Assumptions::default(),
            faults: Vec::new(),
            latency: Duration::ZERO,
            seed: Seed::Random,
        }
    }
}

/// A running sandbox; dropping it stops it.
pub struct Running {
    address: SocketAddr,
    user: String,
    organization: String,
    stop: watch::Sender<bool>,
}

impl Running {
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn user_secret(&self) -> &str {
        &self.user
    }

    pub fn organization_secret(&self) -> &str {
        &self.organization
    }

    /// Shell commands that point `connectorctl` at it.
    pub fn exports(&self) -> String {
        format!(
            "export CONNECTORCTL_URL='{}'\nexport CONNECTORCTL_USER_SECRET='{}'\nexport CONNECTORCTL_ORGANIZATION_SECRET='{}'\n",
            self.url(),
            self.user,
            self.organization
        )
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

struct Shared {
    platform: Arc<Mutex<Platform>>,
    store: Option<StateFile>,
    latency: Duration,
}

/// Starts a sandbox on the current runtime; returns once it listens.
pub async fn start(options: SandboxOptions) -> Result<Running, SandboxError> {
    if !options.listen.ip().is_loopback() && !options.allow_non_loopback {
        return Err(SandboxError::NotLoopback(options.listen));
    }
    let (kept, state) = match &options.state {
        None => (None, None),
        Some(path) => {
            let (lock, state) = state_file::open(path)?;
            (Some((path.clone(), lock)), state)
        }
    };
    let platform = match state {
        Some(state) => Platform::from_state(state, options.assumptions, options.faults),
        None => Platform::new(&options.seed, options.assumptions, options.faults)
            .map_err(|_| SandboxError::NoRandomness)?,
    };
    let (user, organization) = platform.credentials();
    let platform = Arc::new(Mutex::new(platform));
    let store = match kept {
        None => None,
        Some((path, lock)) => {
            let own = Arc::clone(&platform);
            let snapshot = Box::new(move || locked(&own).serialized_state());
            let store = StateFile::new(path.clone(), lock, snapshot)?;
            store
                .save()
                .await
                .map_err(|message| SandboxError::StateFile {
                    path,
                    source: io::Error::other(message),
                })?;
            Some(store)
        }
    };
    let cannot_listen = |source| SandboxError::Listen {
        address: options.listen,
        source,
    };
    let listener = TcpListener::bind(options.listen)
        .await
        .map_err(cannot_listen)?;
    let address = listener.local_addr().map_err(cannot_listen)?;
    let shared = Arc::new(Shared {
        platform,
        store,
        latency: options.latency,
    });
    let (stop, stopped) = watch::channel(false);
    tokio::spawn(accept(listener, shared, stopped));
    Ok(Running {
        address,
        user,
        organization,
        stop,
    })
}

fn locked(platform: &Mutex<Platform>) -> std::sync::MutexGuard<'_, Platform> {
    platform.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(listener: TcpListener, shared: Arc<Shared>, mut stopped: watch::Receiver<bool>) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopped.changed() => return,
        };
        // A client that disconnects before it is accepted is no error of the server.
        if let Ok((stream, _)) = accepted {
            tokio::spawn(connection(stream, Arc::clone(&shared), stopped.clone()));
        }
    }
}

type Body = http_body_util::combinators::UnsyncBoxBody<Bytes, io::Error>;

async fn connection(stream: TcpStream, shared: Arc<Shared>, mut stopped: watch::Receiver<bool>) {
    // Responses are small; without this option each could wait for a timer.
    let _ = stream.set_nodelay(true);
    let (cut, mut is_cut) = watch::channel(false);
    let cut = Arc::new(cut);
    let service = service_fn(move |request| {
        let shared = Arc::clone(&shared);
        let cut = Arc::clone(&cut);
        async move { Ok::<_, Infallible>(answer(request, &shared, &cut).await) }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service);
    // Dropping the connection closes the socket, even in the middle of a response.
    tokio::select! {
        _ = connection => {}
        _ = is_cut.wait_for(|cut| *cut) => {}
        _ = stopped.changed() => {}
    }
}

/// Reads a body to its end, since a client that is cut off while it sends sees no response. Bytes
/// beyond the platform's limit are discarded, and the platform then reports the limit itself.
async fn read(mut body: Incoming) -> Bytes {
    let mut bytes = BytesMut::new();
    let mut discarded = 0;
    while let Some(Ok(frame)) = body.frame().await {
        let Ok(data) = frame.into_data() else {
            continue;
        };
        if bytes.len() <= MAX_BYTES {
            bytes.extend_from_slice(&data);
        } else {
            discarded += data.len();
        }
        if discarded > MAX_DISCARDED {
            break;
        }
    }
    bytes.freeze()
}

async fn answer(
    request: Request<Incoming>,
    shared: &Shared,
    cut: &watch::Sender<bool>,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let request = Request::from_parts(parts, read(body).await);
    let reply = {
        let mut platform = locked(&shared.platform);
        platform.handle(&request, now_ms())
    };
    let Reply {
        response,
        cut: cut_at,
        delay,
        changed,
    } = reply;
    if changed
        && let Some(store) = &shared.store
        && let Err(message) = store.save().await
    {
        tracing::error!(message, "cannot write the sandbox state file");
        let mut failed = Response::new(whole(Bytes::new()));
        *failed.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        return failed;
    }
    let wait = shared.latency + delay;
    if !wait.is_zero() {
        tokio::time::sleep(wait).await;
    }
    match cut_at {
        Cut::None => response.map(whole),
        Cut::Whole => {
            cut.send_replace(true);
            // The connection is dropped, so no response is ever sent.
            std::future::pending().await
        }
        Cut::MidBody => response.map(half),
    }
}

fn whole(bytes: Bytes) -> Body {
    http_body_util::Full::new(bytes)
        .map_err(|never| match never {})
        .boxed_unsync()
}

/// Half of a body, then the end of the connection: fewer bytes than `Content-Length` announced.
fn half(bytes: Bytes) -> Body {
    let first = bytes.slice(..bytes.len() / 2);
    let frames = futures_util::stream::iter([
        Ok(Frame::data(first)),
        Err(io::Error::other("cut on demand")),
    ]);
    StreamBody::new(frames).boxed_unsync()
}

fn now_ms() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
