//! What stands between this machine and the platform: ports that speak another protocol, certificates, proxies,
//! login pages. Each is named in one line with the remedy, and none is tried for longer than it helps.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::support::Bench;

const MANIFEST: &str =
    "version: 1\ninventory: acme\ninstances:\n  k:\n    element: facebookleadads\n";

/// A server on a free port that does the same with every connection.
struct Server {
    port: u16,
    connections: Arc<AtomicUsize>,
}

impl Server {
    fn start(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let connections = Arc::new(AtomicUsize::new(0));
        let (counted, serve) = (Arc::clone(&connections), Arc::new(serve));
        // It ends with the test process.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                counted.fetch_add(1, Ordering::Relaxed);
                let serve = Arc::clone(&serve);
                thread::spawn(move || serve(stream));
            }
        });
        Self { port, connections }
    }

    /// Answers whatever is sent with these bytes.
    fn answering(bytes: &'static [u8]) -> Self {
        Self::start(move |mut stream| {
            // A client that has gone away is no concern of the test's.
            let _ = stream.read(&mut [0; 65536]);
            let _ = stream.write_all(bytes);
        })
    }

    /// Speaks TLS with this certificate.
    fn tls(certificate: &Certificate) -> Self {
        let chain = vec![certificate.0.cert.der().clone()];
        let key = certificate.0.signing_key.serialize_der();
        let key = rustls::pki_types::PrivateKeyDer::try_from(key).expect("a key");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .expect("a certificate and its key");
        let config = Arc::new(config);
        Self::start(move |stream| {
            let connection = rustls::ServerConnection::new(Arc::clone(&config));
            let mut stream = rustls::StreamOwned::new(connection.expect("a connection"), stream);
            let _ = stream.read(&mut [0; 65536]);
            let _ = stream.write_all(PAGE);
        })
    }

    fn url(&self, scheme: &str) -> String {
        format!("{scheme}://localhost:{}", self.port)
    }

    /// Runs `plan`, which has to fail after so many connections. Returns what it says.
    fn plan(&self, connections: usize, bench: &Bench, more: &[&str]) -> String {
        bench.write("instances.yaml", MANIFEST);
        let ran = bench.run(&[&["plan"], more].concat()).expect_code(1);
        let count = self.connections.load(Ordering::Relaxed);
        assert_eq!(count, connections, "{}", ran.stderr);
        ran.stderr
    }
}

/// A certificate of its own authority.
struct Certificate(rcgen::CertifiedKey<rcgen::KeyPair>);

impl Certificate {
    fn of(host: &str) -> Self {
        Self(rcgen::generate_simple_self_signed([host.to_owned()]).expect("a certificate"))
    }

    fn between(host: &str, years: [i32; 2]) -> Self {
        let mut parameters = rcgen::CertificateParams::new([host.to_owned()]).expect("parameters");
        parameters.not_before = rcgen::date_time_ymd(years[0], 1, 1);
        parameters.not_after = rcgen::date_time_ymd(years[1], 1, 1);
        let signing_key = rcgen::KeyPair::generate().expect("a key");
        let cert = parameters.self_signed(&signing_key).expect("a certificate");
        Self(rcgen::CertifiedKey { cert, signing_key })
    }
}

const PAGE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: 25\r\n\r\n<html>Please log in</html>";

/// What `plan` says with this URL of the server.
fn says(server: &Server, scheme: &str, connections: usize) -> String {
    server.plan(connections, &Bench::at(&server.url(scheme)), &[])
}

/// What `plan` says to a host behind this proxy.
fn says_behind(proxy: &Server, url: &str, connections: usize) -> String {
    let address = format!("http://127.0.0.1:{}", proxy.port);
    let bench = Bench::at(url)
        .with("HTTPS_PROXY", &address)
        .with("HTTP_PROXY", &address);
    proxy.plan(connections, &bench, &["--allow-http"])
}

#[track_caller]
fn has(said: &str, expected: &[&str]) {
    for words in expected {
        assert!(said.contains(words), "{words:?} is missing:\n{said}");
    }
    // Names that only a reader of a library's sources knows.
    for name in [
        "InvalidContentType",
        "CaUsedAsEndEntity",
        "UnknownIssuer",
        "tunnel error",
    ] {
        assert!(!said.contains(name), "{said}");
    }
}

#[test]
fn plain_http_to_a_tls_port_names_https() {
    // The alert of a server that speaks nothing but TLS.
    let alert = Server::answering(&[0x15, 3, 1, 0, 2, 2, 0x16]);
    has(&says(&alert, "http", 1), &["not HTTP", "`https://`"]);
    let real = Server::tls(&Certificate::of("localhost"));
    has(&says(&real, "http", 1), &["not HTTP", "`https://`"]);
    // What Go, nginx, Apache and Tomcat say.
    for page in [
        &b"HTTP/1.1 400 Bad Request\r\nContent-Length: 48\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"[..],
        b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\nContent-Length: 55\r\n\r\n<p>The plain HTTP request was sent to HTTPS port</p>...",
        b"HTTP/1.1 400 Bad Request\r\nContent-Length: 56\r\n\r\nYou're speaking plain HTTP to an SSL-enabled server port",
        b"HTTP/1.1 400 \r\nContent-Length: 47\r\n\r\nThis combination of host and port requires TLS.",
    ] {
        let server = Server::answering(page);
        has(&says(&server, "http", 1), &["status 400", "`https://`"]);
    }
}

#[test]
fn tls_to_a_plain_port_says_so() {
    let http = Server::answering(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    has(
        &says(&http, "https", 1),
        &["does not speak TLS", "`http://`"],
    );
    let ssh = Server::answering(b"SSH-2.0-OpenSSH_9.2\r\n");
    has(&says(&ssh, "https", 1), &["does not speak TLS"]);
    let closes = Server::answering(b"");
    has(
        &says(&closes, "https", 2),
        &["closed during the TLS handshake", "hint"],
    );
}

#[test]
fn a_certificate_that_is_not_trusted_is_named_with_its_remedy() {
    let own = Certificate::of("localhost");
    let server = Server::tls(&own);
    has(
        &says(&server, "https", 1),
        &["unknown authority", "`--ca-file`"],
    );

    let trusting = |certificate: &Certificate| {
        let server = Server::tls(certificate);
        let bench = Bench::at(&server.url("https"));
        bench.write("ca.pem", &certificate.0.cert.pem());
        server.plan(1, &bench, &["--ca-file", "ca.pem"])
    };
    // Trusted: the login page behind it is what is wrong.
    has(&trusting(&own), &["expected JSON"]);
    has(
        &trusting(&Certificate::of("other.example")),
        &["another host", "check the host"],
    );
    let expired = Certificate::between("localhost", [2001, 2002]);
    has(&trusting(&expired), &["expired", "clock"]);
    let early = Certificate::between("localhost", [2390, 2400]);
    has(&trusting(&early), &["not valid yet", "clock"]);
}

#[test]
fn a_ca_file_of_the_wrong_kind_is_named() {
    let certificate = Certificate::of("localhost");
    let bench = Bench::at("https://localhost:1").with_manifest(MANIFEST);
    let der = certificate.0.cert.der().to_vec();
    std::fs::write(bench.path("ca"), der).expect("a file");
    let says = |code| {
        bench
            .run(&["plan", "--ca-file", "ca"])
            .expect_code(code)
            .stderr
    };
    has(&says(8), &["DER", "openssl x509 -inform der"]);
    bench.write("ca", &certificate.0.signing_key.serialize_pem());
    has(&says(8), &["private key", "certificate of the authority"]);
    for text in ["", "invented"] {
        bench.write("ca", text);
        has(&says(8), &["no PEM certificate", "BEGIN CERTIFICATE"]);
    }
    bench.write(
        "ca",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    );
    has(&says(8), &["invalid certificate", "BEGIN CERTIFICATE"]);
    // A byte order mark is no obstacle.
    let server = Server::tls(&certificate);
    let bench = Bench::at(&server.url("https"));
    bench.write("ca", &format!("\u{feff}{}", certificate.0.cert.pem()));
    has(
        &server.plan(1, &bench, &["--ca-file", "ca"]),
        &["expected JSON"],
    );
}

#[test]
fn a_proxy_that_wants_a_password_is_named() {
    let proxy = Server::answering(
        b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
    );
    let remedy = &["407", "HTTPS_PROXY", "USER:PASSWORD"];
    has(&says_behind(&proxy, "https://api.example.com", 1), remedy);
    has(&says_behind(&proxy, "http://api.example.com", 2), remedy);
    let refuses = Server::answering(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    let said = says_behind(&refuses, "https://api.example.com", 1);
    has(&said, &["proxy did not open a connection", "NO_PROXY"]);
}

#[test]
fn a_login_page_of_the_network_is_named() {
    for response in [
        PAGE,
        b"HTTP/1.1 302 Found\r\nLocation: http://login.example.com/?x=1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 511 Network Authentication Required\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: 6\r\n\r\n<html>",
    ] {
        let portal = Server::answering(response);
        has(&says_behind(&portal, "http://api.example.com", 1), &["login page", "base URL"]);
    }
}
