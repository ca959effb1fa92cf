//! One dialogue with one mail server (RFC 5321): open it, send letters over it, quit.

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::commands::{Auth, Data, Ehlo, Mail, Quit, Rcpt, Starttls};
use lettre::transport::smtp::extension::{ClientId, MailBodyParameter, MailParameter};
use rustls::ClientConfig;
use secrecy::{ExposeSecret, SecretString};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use crate::mail::smtp::classify::Stage;
use crate::mail::smtp::letter::Letter;
use crate::mail::smtp::reply::{Reply, Trouble};
use crate::mail::smtp::tls;
use crate::mail::smtp::{Login, Security, SmtpSettings};
use crate::mail::transport::{Fault, Seen, one_line};

/// Clear or encrypted, the dialogue is the same.
trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// A connection that has been greeted, encrypted as the settings want and authenticated.
pub struct Session {
    wire: BufReader<Box<dyn Duplex>>,
    /// The lines of the answer to EHLO: the server's name, then one extension each.
    hello: Vec<String>,
    tls: Option<String>,
    mechanism: Option<Mechanism>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("hello", &self.hello).field("tls", &self.tls).finish_non_exhaustive()
    }
}

impl Session {
    /// Connects and does all that comes before the first message; `stage` says how far it has come.
    ///
    /// # Errors
    /// What broke, was refused, or is not offered though the settings require it.
    pub async fn open(settings: &SmtpSettings, tls: Option<Arc<ClientConfig>>, stage: &mut Stage) -> Result<Self, Trouble> {
        let mut session = Self::over(Box::new(connect(settings).await?));
        match (settings.security, tls) {
            (Security::None, _) => session.greet(settings, stage).await?,
            (Security::ImplicitTls, Some(tls)) => {
                session = session.encrypt(tls, settings, stage).await?;
                session.greet(settings, stage).await?;
            }
            (Security::StartTls, Some(tls)) => {
                session.greet(settings, stage).await?;
                session.start_tls(stage).await?;
                session = session.encrypt(tls, settings, stage).await?;
                session.hello(settings, stage).await?;
            }
            (_, None) => return Err(Trouble::ours(*stage, Fault::Operator, "TLS is required and not set up")),
        }
        if let Login::As { user, password } = &settings.login {
            session.authenticate(user, password, stage).await?;
        }
        Ok(session)
    }

    /// Sends one letter; `stage` says how far it has come. The reply is the acceptance, code 250.
    ///
    /// # Errors
    /// Whatever else happened. The session is of no further use then, except for a goodbye.
    pub async fn send(&mut self, letter: &Letter, stage: &mut Stage) -> Result<Reply, Trouble> {
        *stage = Stage::Mail;
        let commands = self.envelope(letter)?;
        let at_once = self.offers("PIPELINING");
        if at_once {
            self.write(Stage::Mail, commands.concat().as_bytes()).await?;
        }
        for (command, at) in commands.iter().zip([Stage::Mail, Stage::Recipient, Stage::Data]) {
            *stage = at;
            if !at_once {
                self.write(at, command.as_bytes()).await?;
            }
            self.wanted(at).await?;
        }
        self.expect_quiet(Stage::Data)?;
        *stage = Stage::Body;
        self.write(Stage::Body, &letter.wire).await?;
        *stage = Stage::Final;
        self.wanted(Stage::Final).await
    }

    /// Says QUIT and waits for the answer.
    pub async fn quit(mut self) {
        self.say_quit().await;
        // Whatever it says, this is the end.
        let _ = Reply::read(&mut self.wire).await;
        let _ = self.wire.shutdown().await;
    }

    /// Says QUIT without waiting, so that a server does not log a lost connection.
    pub async fn say_quit(&mut self) {
        // The connection is given up either way.
        let _ = self.write_all(Quit.to_string().as_bytes()).await;
    }

    /// What is known about the server.
    pub fn seen(&self, server: String) -> Seen {
        Seen {
            server,
            name: self.hello.first().and_then(|line| line.split(' ').next()).map(one_line),
            tls: self.tls.clone(),
            authenticated: self.mechanism.map(|mechanism| mechanism.to_string()),
            extensions: self.hello.iter().skip(1).map(|line| one_line(line)).collect(),
        }
    }

    fn over(wire: Box<dyn Duplex>) -> Self {
        Self { wire: BufReader::new(wire), hello: Vec::new(), tls: None, mechanism: None }
    }

    /// Hears the greeting and says EHLO.
    async fn greet(&mut self, settings: &SmtpSettings, stage: &mut Stage) -> Result<(), Trouble> {
        *stage = Stage::Greeting;
        self.wanted(Stage::Greeting).await?;
        self.hello(settings, stage).await
    }

    async fn hello(&mut self, settings: &SmtpSettings, stage: &mut Stage) -> Result<(), Trouble> {
        *stage = Stage::Hello;
        let client = settings.hello_name.clone().map_or_else(ClientId::default, ClientId::Domain);
        self.write(Stage::Hello, Ehlo::new(client).to_string().as_bytes()).await?;
        self.hello = self.wanted(Stage::Hello).await?.lines;
        Ok(())
    }

    /// Asks for encryption (RFC 3207) and gives up without it.
    async fn start_tls(&mut self, stage: &mut Stage) -> Result<(), Trouble> {
        *stage = Stage::StartTls;
        if !self.offers("STARTTLS") {
            return Err(Trouble::ours(*stage, Fault::Operator, "the server does not offer STARTTLS, and nothing is sent in clear text"));
        }
        self.write(Stage::StartTls, Starttls.to_string().as_bytes()).await?;
        self.wanted(Stage::StartTls).await?;
        // What came in clear with the answer may be anyone's, and must not count as said under TLS.
        self.expect_quiet(Stage::StartTls)
    }

    /// Goes on under TLS, as if nothing had been said before (RFC 3207 section 4.2).
    async fn encrypt(self, tls: Arc<ClientConfig>, settings: &SmtpSettings, stage: &mut Stage) -> Result<Self, Trouble> {
        *stage = Stage::Tls;
        let stream = tls::encrypt(tls, &settings.host, self.wire.into_inner()).await?;
        let version = tls::version(&stream);
        Ok(Self { tls: version, ..Self::over(Box::new(stream)) })
    }

    /// AUTH PLAIN (RFC 4616), else AUTH LOGIN, which asks for the user and then for the password, whatever it calls them.
    async fn authenticate(&mut self, user: &str, password: &SecretString, stage: &mut Stage) -> Result<(), Trouble> {
        *stage = Stage::Auth;
        let mechanism = [Mechanism::Plain, Mechanism::Login].into_iter().find(|mechanism| self.offers_auth(*mechanism));
        let mechanism =
            mechanism.ok_or_else(|| Trouble::ours(Stage::Auth, Fault::Operator, "the server offers neither AUTH PLAIN nor AUTH LOGIN"))?;
        let credentials = Credentials::new(user.to_owned(), password.expose_secret().to_owned());
        let questions: &[Option<&str>] = match mechanism {
            Mechanism::Login => &[None, Some("Username"), Some("Password")],
            _ => &[None],
        };
        for (number, question) in questions.iter().enumerate() {
            let auth = Auth::new(mechanism, credentials.clone(), question.map(str::to_owned));
            let auth = auth.map_err(|error| Trouble::ours(Stage::Auth, Fault::Operator, error))?;
            self.write(Stage::Auth, auth.to_string().as_bytes()).await?;
            let code = if number + 1 == questions.len() { 235 } else { 334 };
            self.answer(Stage::Auth, |reply| reply.code == code).await?;
        }
        self.mechanism = Some(mechanism);
        Ok(())
    }

    /// MAIL, RCPT and DATA for this letter.
    fn envelope(&self, letter: &Letter) -> Result<[String; 3], Trouble> {
        let mut parameters = Vec::new();
        if self.offers("SIZE") {
            parameters.push(MailParameter::Size(letter.wire.len()));
        }
        if letter.is_eight_bit {
            self.require("8BITMIME", "a message with bytes beyond ASCII")?;
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        if letter.needs_utf8() {
            self.require("SMTPUTF8", "an address with letters beyond ASCII before the @")?;
            parameters.push(MailParameter::SmtpUtfEight);
        }
        let mail = Mail::new(letter.from.clone(), parameters).to_string();
        Ok([mail, Rcpt::new(letter.to.clone(), Vec::new()).to_string(), Data.to_string()])
    }

    fn require(&self, extension: &str, what: &str) -> Result<(), Trouble> {
        if self.offers(extension) {
            return Ok(());
        }
        Err(Trouble::ours(Stage::Mail, Fault::Permanent, format!("the server does not offer {extension}, which {what} needs")))
    }

    fn offers(&self, keyword: &str) -> bool {
        self.extensions().any(|mut words| words.next().is_some_and(|word| word.eq_ignore_ascii_case(keyword)))
    }

    fn offers_auth(&self, mechanism: Mechanism) -> bool {
        let mechanism = mechanism.to_string();
        let lines = self.extensions().filter_map(|mut words| words.next()?.eq_ignore_ascii_case("AUTH").then_some(words));
        lines.flatten().any(|word| word.eq_ignore_ascii_case(&mechanism))
    }

    fn extensions(&self) -> impl Iterator<Item = std::str::SplitWhitespace<'_>> {
        self.hello.iter().skip(1).map(|line| line.split_whitespace())
    }

    /// The reply that lets the dialogue go on: to DATA only 354, to everything else only what its RFC names.
    async fn wanted(&mut self, stage: Stage) -> Result<Reply, Trouble> {
        self.answer(stage, |reply| match stage {
            Stage::Greeting | Stage::StartTls => reply.code == 220,
            Stage::Hello | Stage::Final => reply.code == 250,
            Stage::Data => reply.code == 354,
            _ => (200..300).contains(&reply.code),
        })
        .await
    }

    async fn answer(&mut self, stage: Stage, is_wanted: impl Fn(&Reply) -> bool) -> Result<Reply, Trouble> {
        let reply = Reply::read(&mut self.wire).await.map_err(|silence| Trouble::silence(stage, silence))?;
        if is_wanted(&reply) { Ok(reply) } else { Err(Trouble::answer(stage, reply)) }
    }

    /// Everything that the server has said is answered: what is left over would be taken for the next reply.
    fn expect_quiet(&self, stage: Stage) -> Result<(), Trouble> {
        if self.wire.buffer().is_empty() {
            return Ok(());
        }
        Err(Trouble::garbled(stage, "the server said more than was asked"))
    }

    async fn write(&mut self, stage: Stage, bytes: &[u8]) -> Result<(), Trouble> {
        let Err(error) = self.write_all(bytes).await else { return Ok(()) };
        // A server that hangs up in the middle mostly said why.
        match Reply::read(&mut self.wire).await {
            Ok(reply) if reply.is_negative() => Err(Trouble::answer(stage, reply)),
            _ => Err(Trouble::lost(stage, &error)),
        }
    }

    async fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.wire.write_all(bytes).await?;
        self.wire.flush().await
    }
}

/// A TCP connection that sends at once. Each of the host's addresses gets its share of the time.
async fn connect(settings: &SmtpSettings) -> Result<TcpStream, Trouble> {
    let transient = |what: String| Trouble::ours(Stage::Connect, Fault::Unreachable, what);
    let host = &settings.host;
    let found = lookup_host((host.as_str(), settings.port)).await.map_err(|error| transient(format!("cannot find {host}: {error}")))?;
    let may_use = |ip: IpAddr| settings.security != Security::None || ip.is_loopback();
    let addresses: Vec<_> = found.filter(|address| may_use(address.ip())).collect();
    let share = settings.connect_timeout / u32::try_from(addresses.len()).unwrap_or(u32::MAX).max(1);
    let mut last = format!("{host} has no address that may be used");
    for address in addresses {
        let error = match timeout(share, TcpStream::connect(address)).await {
            // Without it, a reply that acknowledges late holds the next command for 40 milliseconds.
            Ok(Ok(socket)) => match socket.set_nodelay(true) {
                Ok(()) => return Ok(socket),
                Err(error) => error.to_string(),
            },
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("no answer within {share:?}"),
        };
        last = format!("cannot connect to {address}: {error}");
    }
    Err(transient(last))
}
