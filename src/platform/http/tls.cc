#include "platform/http/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstdint>

namespace ashlar::http {
namespace {

using base::Code;
using base::fail;

std::string openssl_error() {
  std::array<char, 256> text{};
  const unsigned long error = ERR_get_error();  // NOLINT(google-runtime-int): OpenSSL's type
  ERR_clear_error();
  if (error == 0) return "unknown error";
  ERR_error_string_n(error, text.data(), text.size());
  return text.data();
}

int choose_alpn(SSL* /*ssl*/, const unsigned char** out, unsigned char* out_length,
                const unsigned char* in, unsigned in_length, void* /*arg*/) {
  static constexpr std::array<unsigned char, 9> kHttp11{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  unsigned char* chosen = nullptr;
  const int outcome =
      SSL_select_next_proto(&chosen, out_length, kHttp11.data(), kHttp11.size(), in, in_length);
  *out = chosen;
  return outcome == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

// Modification time in nanoseconds; 0 where the file is not there.
std::int64_t modified_at(const std::string& path) {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) return 0;
  return std::int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec;
}

}  // namespace

struct TlsContext::Loaded {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  std::int64_t certificate_modified = 0;
  std::int64_t key_modified = 0;

  Loaded() = default;
  Loaded(const Loaded&) = delete;
  Loaded& operator=(const Loaded&) = delete;
  ~Loaded() { SSL_CTX_free(context); }
};

struct TlsStream::Session {
  SSL* ssl;

  explicit Session(SSL* s) : ssl(s) {}
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() { SSL_free(ssl); }

  [[nodiscard]] IoResult result_of(int returned) const {
    if (returned > 0) return {IoResult::Kind::kBytes, static_cast<std::size_t>(returned)};
    const int error = SSL_get_error(ssl, returned);
    ERR_clear_error();
    const bool again = error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
    return {again ? IoResult::Kind::kWouldBlock : IoResult::Kind::kEnd, 0};
  }
};

TlsStream::TlsStream(std::unique_ptr<Session> session) : session_(std::move(session)) {}
TlsStream::~TlsStream() = default;

IoResult TlsStream::read(char* to, std::size_t size) {
  const int length = static_cast<int>(std::min<std::size_t>(size, INT_MAX));
  return session_->result_of(SSL_read(session_->ssl, to, length));
}

IoResult TlsStream::write(const char* from, std::size_t size) {
  const int length = static_cast<int>(std::min<std::size_t>(size, INT_MAX));
  return session_->result_of(SSL_write(session_->ssl, from, length));
}

void TlsStream::shut_down() {
  if (SSL_is_init_finished(session_->ssl) != 0) SSL_shutdown(session_->ssl);
  ERR_clear_error();
}

TlsContext::TlsContext(Files files) : files_(std::move(files)) {}
TlsContext::~TlsContext() = default;

base::Result<std::unique_ptr<TlsContext>> TlsContext::load(Files files) {
  std::unique_ptr<TlsContext> context(new TlsContext(std::move(files)));
  ASHLAR_TRY(context->reload());
  return context;
}

base::Status TlsContext::reload() {
  auto next = std::make_shared<Loaded>();
  CHECK(next->context != nullptr);
  // Times are read before the files: a change in between is seen at the next look.
  next->certificate_modified = modified_at(files_.certificate_chain);
  next->key_modified = modified_at(files_.private_key);
  SSL_CTX_set_min_proto_version(next->context, TLS1_2_VERSION);
  SSL_CTX_set_options(next->context, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                         SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(next->context, SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(next->context, choose_alpn, nullptr);
  if (SSL_CTX_use_certificate_chain_file(next->context, files_.certificate_chain.c_str()) != 1) {
    return fail(Code::kInvalid, "tls_certificate",
                "cannot use certificate " + files_.certificate_chain + ": " + openssl_error());
  }
  if (SSL_CTX_use_PrivateKey_file(next->context, files_.private_key.c_str(), SSL_FILETYPE_PEM) !=
          1 ||
      SSL_CTX_check_private_key(next->context) != 1) {
    return fail(Code::kInvalid, "tls_private_key",
                "cannot use private key " + files_.private_key + ": " + openssl_error());
  }
  const std::lock_guard lock(mutex_);
  loaded_ = std::move(next);
  return base::ok_status();
}

base::Result<bool> TlsContext::reload_if_changed() {
  {
    const std::lock_guard lock(mutex_);
    if (loaded_->certificate_modified == modified_at(files_.certificate_chain) &&
        loaded_->key_modified == modified_at(files_.private_key)) {
      return false;
    }
  }
  ASHLAR_TRY(reload());
  return true;
}

std::unique_ptr<TlsStream> TlsContext::accept(int fd) {
  std::shared_ptr<const Loaded> loaded;
  {
    const std::lock_guard lock(mutex_);
    loaded = loaded_;
  }
  SSL* ssl = SSL_new(loaded->context);  // holds its own reference to the context
  CHECK(ssl != nullptr && SSL_set_fd(ssl, fd) == 1);
  SSL_set_accept_state(ssl);
  return std::make_unique<TlsStream>(std::make_unique<TlsStream::Session>(ssl));
}

}  // namespace ashlar::http
