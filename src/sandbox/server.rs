//! The platform on a port: real HTTP and real connections, which a fault can cut. Must not: know what
//! the platform answers.

#![expect(
    clippy::disallowed_methods,
    reason = "a server on a port runs in real time"
)]

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

use super::assumptions::Assumptions;
use super::error::SandboxError;
use super::fault_spec::Fault;
use super::host::is_allowed;
use super::platform::{Platform, Seed};
use super::reply::{Cut, Reply};
use super::request::MAX_BYTES;
use super::state_file::StateFile;

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
    /// Names of the sandbox besides addresses and `localhost`.
    pub allowed_hosts: Vec<String>,
    /// Whether there are admin routes.
    pub has_admin: bool,
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
            allowed_hosts: Vec::new(),
            has_admin: false,
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
    admin: Option<String>,
    server: AbortHandle,
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
        let url = self.url();
        let lines = [
            ("CONNECTORCTL_URL", Some(&url)),
            ("CONNECTORCTL_USER_SECRET", Some(&self.user)),
            ("CONNECTORCTL_ORGANIZATION_SECRET", Some(&self.organization)),
            ("CONNECTORCTL_SANDBOX_ADMIN_TOKEN", self.admin.as_ref()),
        ];
        let lines = lines.into_iter();
        lines
            .filter_map(|(name, value)| Some(format!("export {name}='{}'\n", value?)))
            .collect()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.server.abort();
    }
}

struct Shared {
    platform: Mutex<Platform>,
    /// Requests that change something at the same time wait here, and share the next write.
    file: Option<tokio::sync::Mutex<StateFile>>,
    latency: Duration,
    allowed_hosts: Vec<String>,
}

impl Shared {
    fn platform(&self) -> MutexGuard<'_, Platform> {
        self.platform.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn handle(&self, request: &Request<Bytes>) -> Reply {
        let mut platform = self.platform();
        let reply = platform.handle(request, now_ms());
        platform.changes += u64::from(reply.changed);
        reply
    }

    /// Returns once the present state is in the state file, where there is one.
    async fn save(&self) -> Result<(), SandboxError> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        // Without a pause from here on, so that a client that disconnects interrupts no write.
        let mut file = file.lock().await;
        let (changes, state) = {
            let platform = self.platform();
            if file.saved == Some(platform.changes) {
                return Ok(());
            }
            (platform.changes, platform.serialized_state())
        };
        file.write(&state)?;
        file.saved = Some(changes);
        Ok(())
    }
}

/// Starts a sandbox on the current runtime; returns once it listens.
pub async fn start(options: SandboxOptions) -> Result<Running, SandboxError> {
    let SandboxOptions {
        listen,
        allow_non_loopback,
        state,
        allowed_hosts,
        has_admin,
        assumptions,
        faults,
        latency,
        seed,
    } = options;
    if !listen.ip().is_loopback() && !allow_non_loopback {
        return Err(SandboxError::NotLoopback(listen));
    }
    let opened = state.map(StateFile::open).transpose()?;
    let (file, state) = opened.map_or((None, None), |(file, state)| (Some(file), state));
    let mut platform = match state {
        Some(state) => Platform::from_state(state, assumptions, faults),
        None => {
            Platform::new(&seed, assumptions, faults).map_err(|_| SandboxError::NoRandomness)?
        }
    };
    platform.has_admin = has_admin;
    let (user, organization) = platform.credentials();
    let admin = has_admin.then(|| platform.admin_token());
    let shared = Shared {
        platform: Mutex::new(platform),
        file: file.map(tokio::sync::Mutex::new),
        latency,
        allowed_hosts,
    };
    shared.save().await?;
    let cannot_listen = |source| SandboxError::Listen {
        address: listen,
        source,
    };
    let listener = TcpListener::bind(listen).await.map_err(cannot_listen)?;
    let address = listener.local_addr().map_err(cannot_listen)?;
    Ok(Running {
        address,
        user,
        organization,
        admin,
        server: tokio::spawn(accept(listener, Arc::new(shared))).abort_handle(),
    })
}

/// The connections end with this future.
async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        // A client that disconnects before it is accepted is no error of the server.
        if let Ok((stream, _)) = listener.accept().await {
            connections.spawn(connection(stream, Arc::clone(&shared)));
        }
        while connections.try_join_next().is_some() {}
    }
}

type Body = http_body_util::combinators::UnsyncBoxBody<Bytes, io::Error>;

async fn connection(stream: TcpStream, shared: Arc<Shared>) {
    // Responses are small; without this option each could wait for a timer.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| answer(request, &shared));
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service);
    // It ends in an error where the client or a fault cuts it.
    let _ = connection.await;
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

/// The response; an error closes the connection without one.
async fn answer(request: Request<Incoming>, shared: &Shared) -> io::Result<Response<Body>> {
    let (parts, body) = request.into_parts();
    let request = Request::from_parts(parts, read(body).await);
    if !is_allowed(&request, &shared.allowed_hosts) {
        return Ok(misdirected());
    }
    let Reply {
        response,
        cut,
        delay,
        changed,
    } = shared.handle(&request);
    if changed && let Err(error) = shared.save().await {
        let error: &dyn std::error::Error = &error;
        tracing::error!(error, "the sandbox state is not saved");
        let mut failed = Response::new(whole(Bytes::new()));
        *failed.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        return Ok(failed);
    }
    let wait = shared.latency + delay;
    if !wait.is_zero() {
        tokio::time::sleep(wait).await;
    }
    match cut {
        Cut::None => Ok(response.map(whole)),
        Cut::Whole => Err(injected_cut()),
        Cut::MidBody => Ok(response.map(half)),
    }
}

/// The response to a request that names another host than the sandbox.
fn misdirected() -> Response<Body> {
    let message = "this sandbox does not answer for the host in the request; start it with `--allow-host HOST` to allow that";
    let body = serde_json::json!({"message": message}).to_string();
    let mut response = Response::new(whole(Bytes::from(body)));
    *response.status_mut() = StatusCode::MISDIRECTED_REQUEST;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}

fn injected_cut() -> io::Error {
    io::Error::other("connection closed by an injected fault")
}

fn whole(bytes: Bytes) -> Body {
    http_body_util::Full::new(bytes)
        .map_err(|never| match never {})
        .boxed_unsync()
}

/// Half of a body, then the end of the connection: fewer bytes than `Content-Length` announced.
fn half(bytes: Bytes) -> Body {
    let first = bytes.slice(..bytes.len() / 2);
    let frames = [Ok(Frame::data(first)), Err(injected_cut())];
    StreamBody::new(futures_util::stream::iter(frames)).boxed_unsync()
}

fn now_ms() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
