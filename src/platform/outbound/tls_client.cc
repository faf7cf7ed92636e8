#include "platform/outbound/tls_client.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"

namespace ashlar::outbound {
namespace {

constexpr std::size_t kReadBytes = 16 * 1024;
constexpr std::size_t kWriteBytes = 1 << 20;

constexpr std::array<unsigned char, 12> kProtocols{2,   'h', '2', 8,   'h', 't',
                                                   't', 'p', '/', '1', '.', '1'};

std::string last_error() {
  const unsigned long error = ERR_get_error();  // NOLINT(google-runtime-int): OpenSSL's type
  ERR_clear_error();
  const char* reason = ERR_reason_error_string(error);
  return reason == nullptr ? "TLS failed" : std::string("TLS: ") + reason;
}

bool is_address(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 ||
         inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

// How many certificates of `pem` the context trusts now.
int trust(SSL_CTX* context, std::string_view pem) {
  BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  CHECK(bio != nullptr);
  int trusted = 0;
  while (X509* certificate = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr)) {
    trusted += X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate);
    X509_free(certificate);
  }
  BIO_free(bio);
  return trusted;
}

}  // namespace

struct TlsClient::Session {
  explicit Session(SSL* given) : ssl(given) {}
  ~Session() { SSL_free(ssl); }  // its BIOs too
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void take_wire(std::string& wire) {
    const std::size_t size = BIO_ctrl_pending(out);
    const std::size_t before = wire.size();
    wire.resize(before + size);
    if (size > 0) BIO_read(out, wire.data() + before, static_cast<int>(size));
  }

  SSL* ssl;
  BIO* in = nullptr;
  BIO* out = nullptr;
};

TlsClient::TlsClient(std::unique_ptr<Session> session) : session_(std::move(session)) {}
TlsClient::~TlsClient() = default;

bool TlsClient::chose_h2() const {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(session_->ssl, &name, &size);
  return size == 2 && name[0] == 'h' && name[1] == '2';
}

void TlsClient::begin(std::string& wire) { shake(wire); }

void TlsClient::shake(std::string& wire) {
  const int done = SSL_do_handshake(session_->ssl);
  const int error = done == 1 ? SSL_ERROR_NONE : SSL_get_error(session_->ssl, done);
  session_->take_wire(wire);  // an alert, where it failed
  if (done == 1) {
    state_ = State::kUp;
  } else if (error != SSL_ERROR_WANT_READ) {
    const long verdict = SSL_get_verify_result(session_->ssl);  // NOLINT(google-runtime-int)
    end(verdict == X509_V_OK
            ? last_error()
            : std::string("certificate: ") + X509_verify_cert_error_string(verdict));
  }
  ERR_clear_error();
}

void TlsClient::end(std::string why) {
  state_ = State::kEnded;
  why_ = std::move(why);
}

void TlsClient::receive(std::string_view bytes, std::string& plain, std::string& wire) {
  if (state_ == State::kEnded) return;
  CHECK(BIO_write(session_->in, bytes.data(), static_cast<int>(bytes.size())) ==
        static_cast<int>(bytes.size()));
  if (state_ == State::kShaking) shake(wire);
  while (state_ == State::kUp) {
    const std::size_t before = plain.size();
    plain.resize(before + kReadBytes);
    const int got = SSL_read(session_->ssl, plain.data() + before, kReadBytes);
    plain.resize(before + static_cast<std::size_t>(std::max(got, 0)));
    if (got > 0) continue;
    const int error = SSL_get_error(session_->ssl, got);
    if (error == SSL_ERROR_WANT_READ) break;
    end(error == SSL_ERROR_ZERO_RETURN ? "the server has closed TLS" : last_error());
  }
  ERR_clear_error();
  session_->take_wire(wire);
}

void TlsClient::send(std::string_view plain, std::string& wire) {
  CHECK(state_ == State::kUp);
  while (!plain.empty()) {
    const std::size_t part = std::min(plain.size(), kWriteBytes);
    // A memory BIO takes all of it.
    const int sent = SSL_write(session_->ssl, plain.data(), static_cast<int>(part));
    if (sent <= 0) {
      end(last_error());
      break;
    }
    plain.remove_prefix(static_cast<std::size_t>(sent));
  }
  session_->take_wire(wire);
}

struct TlsClientContext::Loaded {
  Loaded() { CHECK(context != nullptr); }
  ~Loaded() { SSL_CTX_free(context); }
  Loaded(const Loaded&) = delete;
  Loaded& operator=(const Loaded&) = delete;

  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  std::string wrong;
};

TlsClientContext::TlsClientContext(std::string ca_file)
    : TlsClientContext(Options{.ca_file = std::move(ca_file)}) {}

TlsClientContext::TlsClientContext(const Options& options) : loaded_(std::make_unique<Loaded>()) {
  const std::string& ca_file = options.ca_file;
  SSL_CTX* context = loaded_->context;
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_verify(context, options.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_default_verify_paths(context);
  if (options.offer_http) {
    CHECK(SSL_CTX_set_alpn_protos(context, kProtocols.data(), kProtocols.size()) == 0);
  }
  if (!options.ca_pem.empty() && trust(context, options.ca_pem) == 0) {
    loaded_->wrong = "the certificate authority is no certificate in PEM form";
  }
  if (!ca_file.empty() && SSL_CTX_load_verify_locations(context, ca_file.c_str(), nullptr) != 1) {
    loaded_->wrong = "cannot use " + ca_file;
  }
  ERR_clear_error();
}

TlsClientContext::~TlsClientContext() = default;

base::Result<std::unique_ptr<TlsClient>> TlsClientContext::connect(const std::string& given) const {
  if (!loaded_->wrong.empty()) {
    return base::fail(base::Code::kInvalid, "tls_ca_file", loaded_->wrong);
  }
  std::string host = given;
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  auto session = std::make_unique<TlsClient::Session>(SSL_new(loaded_->context));
  CHECK(session->ssl != nullptr);
  session->in = BIO_new(BIO_s_mem());
  session->out = BIO_new(BIO_s_mem());
  CHECK(session->in != nullptr && session->out != nullptr);
  BIO_set_mem_eof_return(session->in, -1);
  SSL_set_bio(session->ssl, session->in, session->out);
  SSL_set_connect_state(session->ssl);
  if (is_address(host)) {
    CHECK(X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session->ssl), host.c_str()) == 1);
  } else {
    CHECK(SSL_set1_host(session->ssl, host.c_str()) == 1);
    CHECK(SSL_set_tlsext_host_name(session->ssl, host.c_str()) == 1);
  }
  return std::make_unique<TlsClient>(std::move(session));
}

}  // namespace ashlar::outbound
