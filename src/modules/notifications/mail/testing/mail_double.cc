#include "modules/notifications/mail/testing/mail_double.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <fstream>
#include <list>
#include <mutex>
#include <thread>
#include <utility>

#include "base/check.h"
#include "base/text.h"
#include "platform/http/tls.h"
#include "platform/storage/testing/temporary_directory.h"

namespace ashlar::notifications {

const std::string MailDouble::kClose = "(close)";
const std::string MailDouble::kSilent = "(silent)";
const std::string MailDouble::kDrip = "(drip)";

namespace {

constexpr int kPollMs = 20;

std::string pem_of(const std::function<void(BIO*)>& write) {
  BIO* bio = BIO_new(BIO_s_mem());
  write(bio);
  char* text = nullptr;
  const auto size = BIO_get_mem_data(bio, &text);
  std::string pem(text, static_cast<std::size_t>(size));
  BIO_free(bio);
  return pem;
}

struct Certificate {
  std::string key;
  std::string certificate;
};

// Signed by itself, for a day.
Certificate make_certificate(const std::string& name) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* x509 = X509_new();
  X509_set_version(x509, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
  X509_gmtime_adj(X509_getm_notBefore(x509), -3'600);
  X509_gmtime_adj(X509_getm_notAfter(x509), 86'400);
  X509_set_pubkey(x509, key);
  X509_NAME* subject = X509_get_subject_name(x509);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(x509, subject);
  const std::string names = "DNS:" + name;
  for (const auto& [id, value] : {std::pair{NID_subject_alt_name, names.c_str()},
                                  std::pair{NID_basic_constraints, "CA:TRUE"}}) {
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, id, value);
    X509_add_ext(x509, extension, -1);
    X509_EXTENSION_free(extension);
  }
  CHECK(X509_sign(x509, key, EVP_sha256()) > 0);
  Certificate made{pem_of([&](BIO* b) {
                     PEM_write_bio_PrivateKey(b, key, nullptr, nullptr, 0, nullptr, nullptr);
                   }),
                   pem_of([&](BIO* b) { PEM_write_bio_X509(b, x509); })};
  X509_free(x509);
  EVP_PKEY_free(key);
  return made;
}

std::string healthy(const MailDouble::Seen& seen, const std::string& extensions) {
  const std::string verb = base::ascii_lower(seen.line.substr(0, 4));
  if (seen.line.empty()) return "220 double.example ESMTP\r\n";
  if (seen.line == ".") return "250 2.0.0 queued\r\n";
  if (verb == "ehlo") return "250-double.example\r\n" + extensions;
  if (verb == "data") return "354 go on\r\n";
  if (verb == "auth") return "235 2.7.0 welcome\r\n";
  if (verb == "star") return "220 go on\r\n";
  if (verb == "quit") return "221 bye\r\n";
  return "250 2.1.0 ok\r\n";
}

}  // namespace

struct MailDouble::Impl {
  struct Peer {
    int fd;
    std::unique_ptr<http::TlsStream> tls{};
    std::string input{};
  };

  Impl(Script given_script, Options given)
      : script(std::move(given_script)),
        options(std::move(given)),
        certificate(make_certificate(options.name)) {
    const auto write = [&](const char* name, const std::string& text) {
      std::ofstream(directory.path() + "/" + name) << text;
      return directory.path() + "/" + name;
    };
    tls = std::move(http::TlsContext::load(
                        {.certificate_chain = write("cert.pem", certificate.certificate),
                         .private_key = write("key.pem", certificate.key)}))
              .value();
    listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    CHECK(::listen(listener, 64) == 0);
    socklen_t size = sizeof address;
    CHECK(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port = ntohs(address.sin_port);
    acceptor = std::thread([this] { accept_all(); });
  }

  ~Impl() {
    stopping = true;
    acceptor.join();
    for (std::thread& thread : threads) thread.join();
    ::close(listener);
  }

  bool wait(int fd) {
    while (!stopping) {
      pollfd poll{fd, POLLIN, 0};
      if (::poll(&poll, 1, kPollMs) > 0) return true;
    }
    return false;
  }

  void accept_all() {
    while (wait(listener)) {
      const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) continue;
      const int on = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      const int number = ++connections;
      threads.emplace_back([this, fd, number] {
        serve(fd, number);
        ::close(fd);
      });
    }
  }

  bool read_more(Peer& peer) {
    std::array<char, 8'192> chunk{};
    if (peer.tls == nullptr && !wait(peer.fd)) return false;
    if (peer.tls != nullptr) {
      // Bytes may wait inside of TLS: the socket has a timeout instead.
      const timeval timeout{0, kPollMs * 1'000};
      ::setsockopt(peer.fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
      while (!stopping) {
        const http::IoResult got = peer.tls->read(chunk.data(), chunk.size());
        if (got.kind == http::IoResult::Kind::kWouldBlock) continue;
        if (got.kind == http::IoResult::Kind::kEnd) return false;
        peer.input.append(chunk.data(), got.bytes);
        return true;
      }
      return false;
    }
    const ssize_t n = ::recv(peer.fd, chunk.data(), chunk.size(), 0);
    if (n <= 0) return false;
    peer.input.append(chunk.data(), static_cast<std::size_t>(n));
    return true;
  }

  bool read_line(Peer& peer, std::string& line) {
    std::size_t end = 0;
    while ((end = peer.input.find("\r\n")) == std::string::npos) {
      if (!read_more(peer)) return false;
    }
    line = peer.input.substr(0, end);
    peer.input.erase(0, end + 2);
    return true;
  }

  bool write(Peer& peer, std::string_view text) {
    while (!text.empty()) {
      std::size_t written = 0;
      if (peer.tls != nullptr) {
        const http::IoResult put = peer.tls->write(text.data(), text.size());
        if (put.kind == http::IoResult::Kind::kEnd || stopping) return false;
        written = put.bytes;
      } else {
        const ssize_t n = ::send(peer.fd, text.data(), text.size(), MSG_NOSIGNAL);
        if (n <= 0) return false;
        written = static_cast<std::size_t>(n);
      }
      text.remove_prefix(written);
    }
    return true;
  }

  // False: the connection is to be closed.
  bool answer(Peer& peer, const Seen& seen, std::string& said) {
    said = script ? script(seen) : std::string();
    if (said.empty()) said = healthy(seen, options.extensions);
    if (said == kClose) return false;
    if (said == kSilent) {
      // Until the other side gives up.
      while (read_more(peer)) peer.input.clear();
      return false;
    }
    while (said == kDrip) {
      if (stopping || !write(peer, "2")) return false;
      pollfd poll{peer.fd, 0, 0};
      ::poll(&poll, 1, kPollMs);
      if ((poll.revents & (POLLHUP | POLLERR)) != 0) return false;
    }
    if (seen.line == "." && said.starts_with("250")) {  // before anybody can hear of it
      const std::lock_guard lock(mutex);
      mails.push_back(seen.data);
    }
    return write(peer, said);
  }

  void serve(int fd, int number) {
    Peer peer{fd};
    Seen seen{.connection = number, .mail = 0, .line = {}};
    if (options.tls) peer.tls = tls->accept(fd);
    std::string said;
    if (!answer(peer, seen, said)) return;
    while (read_line(peer, seen.line)) {
      {
        const std::lock_guard lock(mutex);
        lines.push_back(seen.line);
      }
      const std::string verb = base::ascii_lower(seen.line.substr(0, 4));
      seen.tls = peer.tls != nullptr;
      if (verb == "mail") ++seen.mail;
      if (!answer(peer, seen, said) || verb == "quit") return;
      if (verb == "star" && said.starts_with("220")) peer.tls = tls->accept(fd);
      if (verb == "data" && said.starts_with("354") && !take_mail(peer, seen)) return;
    }
  }

  bool take_mail(Peer& peer, Seen& seen) {
    seen.data.clear();
    std::string line;
    while (read_line(peer, line)) {
      if (line == ".") {
        seen.line = ".";
        std::string said;
        return answer(peer, seen, said);
      }
      seen.data += (line.starts_with('.') ? line.substr(1) : line) + "\r\n";
    }
    return false;
  }

  const Script script;
  const Options options;
  const Certificate certificate;
  storage::TemporaryDirectory directory;
  std::unique_ptr<http::TlsContext> tls;
  int listener = -1;
  std::uint16_t port = 0;
  std::atomic<bool> stopping{false};
  std::atomic<int> connections{0};
  std::mutex mutex;  // guards what follows
  std::vector<std::string> mails;
  std::vector<std::string> lines;
  std::list<std::thread> threads;  // the acceptor's
  std::thread acceptor;
};

MailDouble::MailDouble(Script script) : MailDouble(std::move(script), Options()) {}
MailDouble::MailDouble(Script script, Options options)
    : impl_(std::make_unique<Impl>(std::move(script), std::move(options))) {}
MailDouble::~MailDouble() = default;

std::uint16_t MailDouble::port() const { return impl_->port; }
const std::string& MailDouble::ca_pem() const { return impl_->certificate.certificate; }
int MailDouble::connections() const { return impl_->connections; }
std::vector<std::string> MailDouble::mails() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->mails;
}
std::vector<std::string> MailDouble::lines() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->lines;
}

}  // namespace ashlar::notifications
