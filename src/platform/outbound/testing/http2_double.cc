#include "platform/outbound/testing/http2_double.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <map>
#include <string_view>
#include <thread>

#include "base/check.h"

namespace ashlar::outbound {
namespace {

// A certificate for 127.0.0.1 and localhost that signs itself.
struct Certificate {
  Certificate() {
    key = EVP_EC_gen("P-256");
    cert = X509_new();
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
    X509_gmtime_adj(X509_getm_notAfter(cert), 86400);
    X509_set_pubkey(cert, key);
    X509_NAME* name = X509_get_subject_name(cert);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("push double"), -1, -1, 0);
    X509_set_issuer_name(cert, name);
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, cert, cert, nullptr, nullptr, 0);
    X509_EXTENSION* names =
        X509V3_EXT_conf_nid(nullptr, &context, NID_subject_alt_name, "IP:127.0.0.1,DNS:localhost");
    X509_add_ext(cert, names, -1);
    X509_EXTENSION_free(names);
    CHECK(X509_sign(cert, key, EVP_sha256()) > 0);
    std::array<char, 32> path{"/tmp/http2-double-XXXXXX"};
    const int fd = ::mkstemp(path.data());
    CHECK(fd >= 0);
    file = path.data();
    std::FILE* out = ::fdopen(fd, "w");
    PEM_write_X509(out, cert);
    std::fclose(out);
  }
  ~Certificate() {
    ::unlink(file.c_str());
    X509_free(cert);
    EVP_PKEY_free(key);
  }
  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;

  EVP_PKEY* key;
  X509* cert;
  std::string file;
};

struct Stream {
  Http2Double::Request request;
  std::string answer;
  std::size_t sent = 0;
};

}  // namespace

struct Http2Double::Impl {
  struct Connection {
    Impl* owner = nullptr;
    int fd = -1;
    int number = 0;
    SSL* ssl = nullptr;
    nghttp2_session* session = nullptr;
    std::map<std::int32_t, Stream> streams;
    std::string out;
    std::size_t sent = 0;
    bool closing = false;
  };

  Impl(Options given, Script own_script)
      : options(std::move(given)), script(std::move(own_script)) {
    listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    CHECK(::listen(listener, 64) == 0);
    socklen_t size = sizeof address;
    ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    wake = ::eventfd(0, EFD_CLOEXEC);
    if (options.tls) {
      context = SSL_CTX_new(TLS_server_method());
      SSL_CTX_use_certificate(context, certificate.cert);
      SSL_CTX_use_PrivateKey(context, certificate.key);
      SSL_CTX_set_alpn_select_cb(context, choose, this);
    }
    thread = std::thread([this] { run(); });
  }
  ~Impl() {
    stopping = true;
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t n = ::write(wake, &one, sizeof one);
    thread.join();
    for (auto& connection : open) drop(*connection);
    ::close(listener);
    ::close(wake);
    SSL_CTX_free(context);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  static int choose(SSL* /*ssl*/, const unsigned char** out, unsigned char* size,
                    const unsigned char* in, unsigned in_size, void* self) {
    const std::string& wanted = static_cast<Impl*>(self)->options.protocol;
    for (unsigned i = 0; i < in_size; i += in[i] + 1U) {
      if (in[i] != wanted.size() || std::memcmp(in + i + 1, wanted.data(), in[i]) != 0) continue;
      *out = in + i + 1;
      *size = in[i];
      return SSL_TLSEXT_ERR_OK;
    }
    return SSL_TLSEXT_ERR_NOACK;
  }

  void run();
  void accept();
  void serve(Connection& c);
  void greet(Connection& c);
  bool take(Connection& c, const char* bytes, std::size_t size);
  void act(Connection& c, Stream& stream);
  void fill(Connection& c);
  bool write(Connection& c);
  static void drop(Connection& c);

  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                       std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                       std::uint8_t, void* self);
  static int on_data(nghttp2_session*, std::uint8_t, std::int32_t stream, const std::uint8_t* data,
                     std::size_t size, void* self);
  static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* self);
  static int on_close(nghttp2_session*, std::int32_t stream, std::uint32_t, void* self);

  const Options options;
  const Script script;
  Certificate certificate;
  SSL_CTX* context = nullptr;
  int listener = -1;
  int wake = -1;
  std::uint16_t port = 0;
  std::vector<std::unique_ptr<Connection>> open;
  std::atomic<bool> stopping{false};
  std::atomic<bool> hushed{false};
  std::atomic<int> accepted{0};
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint32_t> most_streams{0};
  std::thread thread;
};

int Http2Double::Impl::on_header(nghttp2_session* /*session*/, const nghttp2_frame* frame,
                                 const std::uint8_t* name, std::size_t name_size,
                                 const std::uint8_t* value, std::size_t value_size,
                                 std::uint8_t /*flags*/, void* self) {
  auto& c = *static_cast<Connection*>(self);
  Stream& stream = c.streams[frame->hd.stream_id];
  stream.request.fields.emplace_back(std::string(reinterpret_cast<const char*>(name), name_size),
                                     std::string(reinterpret_cast<const char*>(value), value_size));
  return 0;
}

int Http2Double::Impl::on_data(nghttp2_session* /*session*/, std::uint8_t /*flags*/,
                               std::int32_t stream, const std::uint8_t* data, std::size_t size,
                               void* self) {
  auto& c = *static_cast<Connection*>(self);
  c.streams[stream].request.body.append(reinterpret_cast<const char*>(data), size);
  return 0;
}

int Http2Double::Impl::on_frame(nghttp2_session* /*session*/, const nghttp2_frame* frame,
                                void* self) {
  auto& c = *static_cast<Connection*>(self);
  const bool carries = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
  if (!carries || (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return 0;
  Stream& stream = c.streams[frame->hd.stream_id];
  stream.request.stream = frame->hd.stream_id;
  stream.request.connection = c.number;
  c.owner->most_streams =
      std::max(c.owner->most_streams.load(), static_cast<std::uint32_t>(c.streams.size()));
  ++c.owner->requests;
  c.owner->act(c, stream);
  return 0;
}

int Http2Double::Impl::on_close(nghttp2_session* /*session*/, std::int32_t stream,
                                std::uint32_t /*error*/, void* self) {
  static_cast<Connection*>(self)->streams.erase(stream);
  return 0;
}

void Http2Double::Impl::act(Connection& c, Stream& stream) {
  const Reply reply = script(stream.request);
  const std::int32_t id = stream.request.stream;
  switch (reply.act) {
    case Act::kHang:
      return;
    case Act::kClose:
      c.closing = true;
      return;
    case Act::kReset:
      nghttp2_submit_rst_stream(c.session, NGHTTP2_FLAG_NONE, id, reply.error);
      return;
    case Act::kGoAwayBefore:
      nghttp2_submit_goaway(c.session, NGHTTP2_FLAG_NONE, id - 2, reply.error, nullptr, 0);
      return;
    case Act::kAnswer:
    case Act::kGoAwayAfter:
      break;
  }
  const std::string status = std::to_string(reply.status);
  std::vector<nghttp2_nv> fields;
  const auto add = [&fields](const std::string& name, const std::string& value) {
    fields.push_back({reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
                      reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())), name.size(),
                      value.size(), NGHTTP2_NV_FLAG_NONE});
  };
  const std::string status_name = ":status";
  add(status_name, status);
  for (const auto& [name, value] : reply.fields) add(name, value);
  stream.answer = reply.body;
  nghttp2_data_provider body{};
  body.source.ptr = &stream;
  body.read_callback = [](nghttp2_session*, std::int32_t, std::uint8_t* to, std::size_t size,
                          std::uint32_t* flags, nghttp2_data_source* source, void*) {
    Stream& from = *static_cast<Stream*>(source->ptr);
    const std::size_t part = std::min(size, from.answer.size() - from.sent);
    std::memcpy(to, from.answer.data() + from.sent, part);
    from.sent += part;
    if (from.sent == from.answer.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(part);
  };
  nghttp2_submit_response(c.session, id, fields.data(), fields.size(),
                          reply.body.empty() ? nullptr : &body);
  if (reply.act == Act::kGoAwayAfter) {
    nghttp2_submit_goaway(c.session, NGHTTP2_FLAG_NONE, id, NGHTTP2_NO_ERROR, nullptr, 0);
  }
}

void Http2Double::Impl::greet(Connection& c) {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
  nghttp2_option* option = nullptr;
  nghttp2_option_new(&option);
  nghttp2_option_set_no_closed_streams(option, 1);
  nghttp2_session_server_new2(&c.session, callbacks, &c, option);
  nghttp2_option_del(option);
  nghttp2_session_callbacks_del(callbacks);
  const nghttp2_settings_entry settings{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS,
                                        options.max_streams};
  nghttp2_submit_settings(c.session, NGHTTP2_FLAG_NONE, &settings, 1);
  nghttp2_session_set_local_window_size(c.session, NGHTTP2_FLAG_NONE, 0, 8 << 20);
}

void Http2Double::Impl::accept() {
  const int fd = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) return;
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  auto c = std::make_unique<Connection>();
  c->owner = this;
  c->fd = fd;
  c->number = ++accepted;
  if (options.tls) {
    c->ssl = SSL_new(context);
    SSL_set_bio(c->ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_accept_state(c->ssl);
  } else if (!options.mute && options.raw.empty()) {
    greet(*c);
  }
  open.push_back(std::move(c));
  write(*open.back());
}

// False: the connection is to be dropped.
bool Http2Double::Impl::take(Connection& c, const char* bytes, std::size_t size) {
  if (options.mute) return true;
  if (!options.raw.empty()) {
    c.out += options.raw;
    c.closing = true;
    return true;
  }
  const ssize_t taken =
      nghttp2_session_mem_recv(c.session, reinterpret_cast<const std::uint8_t*>(bytes), size);
  return taken >= 0;
}

void Http2Double::Impl::serve(Connection& c) {
  std::array<char, 65536> chunk{};
  for (;;) {
    const ssize_t n = ::recv(c.fd, chunk.data(), chunk.size(), 0);
    if (n < 0 && errno == EAGAIN) break;
    if (n <= 0) return drop(c);
    if (c.ssl == nullptr) {
      if (!take(c, chunk.data(), static_cast<std::size_t>(n))) return drop(c);
      continue;
    }
    BIO_write(SSL_get_rbio(c.ssl), chunk.data(), static_cast<int>(n));
    if (c.session == nullptr && !options.mute) {
      if (SSL_do_handshake(c.ssl) != 1) continue;
      greet(c);
    }
    std::array<char, 16384> plain{};
    int got = 0;
    while (c.session != nullptr &&
           (got = SSL_read(c.ssl, plain.data(), static_cast<int>(plain.size()))) > 0) {
      if (!take(c, plain.data(), static_cast<std::size_t>(got))) return drop(c);
    }
  }
  write(c);
}

void Http2Double::Impl::fill(Connection& c) {
  if (hushed || c.session == nullptr) return;
  std::string plain;
  const std::uint8_t* bytes = nullptr;
  ssize_t size = 0;
  while ((size = nghttp2_session_mem_send(c.session, &bytes)) > 0) {
    (c.ssl == nullptr ? c.out : plain)
        .append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  }
  if (!plain.empty()) SSL_write(c.ssl, plain.data(), static_cast<int>(plain.size()));
}

bool Http2Double::Impl::write(Connection& c) {
  if (c.fd < 0) return false;
  fill(c);
  if (c.ssl != nullptr) {
    const std::size_t size = BIO_ctrl_pending(SSL_get_wbio(c.ssl));
    const std::size_t before = c.out.size();
    c.out.resize(before + size);
    if (size > 0) BIO_read(SSL_get_wbio(c.ssl), c.out.data() + before, static_cast<int>(size));
  }
  while (c.sent < c.out.size()) {
    const ssize_t n = ::send(c.fd, c.out.data() + c.sent, c.out.size() - c.sent, MSG_NOSIGNAL);
    if (n < 0) return errno == EAGAIN;
    c.sent += static_cast<std::size_t>(n);
  }
  c.out.clear();
  c.sent = 0;
  if (c.closing) drop(c);
  return true;
}

void Http2Double::Impl::drop(Connection& c) {
  if (c.fd < 0) return;
  ::close(c.fd);
  c.fd = -1;
  nghttp2_session_del(c.session);
  c.session = nullptr;
  SSL_free(c.ssl);
  c.ssl = nullptr;
}

void Http2Double::Impl::run() {
  std::vector<pollfd> fds;
  while (!stopping) {
    std::erase_if(open, [](const auto& c) { return c->fd < 0; });
    fds.assign({{wake, POLLIN, 0}, {listener, POLLIN, 0}});
    for (const auto& c : open) {
      const int events = c->out.empty() ? POLLIN : POLLIN | POLLOUT;
      fds.push_back({c->fd, static_cast<short>(events), 0});  // NOLINT(google-runtime-int)
    }
    ::poll(fds.data(), fds.size(), -1);
    for (std::size_t i = 2; i < fds.size(); ++i) {
      Connection& c = *open[i - 2];
      if ((fds[i].revents & ~POLLOUT) != 0) {
        serve(c);
      } else if (fds[i].revents != 0) {
        write(c);
      }
    }
    if (fds[1].revents != 0) accept();
  }
}

std::string Http2Double::Request::field(const std::string& name) const {
  for (const auto& [key, value] : fields) {
    if (key == name) return value;
  }
  return {};
}

Http2Double::Http2Double(Options options, Script script)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(script))) {}
Http2Double::~Http2Double() = default;

std::string Http2Double::url(const std::string& path) const {
  return std::string(impl_->options.tls ? "https" : "http") +
         "://127.0.0.1:" + std::to_string(impl_->port) + path;
}
std::uint16_t Http2Double::port() const { return impl_->port; }
const std::string& Http2Double::ca_file() const { return impl_->certificate.file; }
int Http2Double::connections() const { return impl_->accepted; }
std::uint64_t Http2Double::requests() const { return impl_->requests; }
std::uint32_t Http2Double::most_streams() const { return impl_->most_streams; }
void Http2Double::hush() { impl_->hushed = true; }

}  // namespace ashlar::outbound
