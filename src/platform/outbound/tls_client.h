// TlsClient: the client's side of TLS 1.2 and 1.3 over bytes that somebody else carries, offering
// ALPN h2 and http/1.1. The certificate must be the host's, and lead to one that is trusted, unless
// the context's options say otherwise.
//
//   TlsClientContext ──connect(host)──> TlsClient
//   kShaking ──receive(bytes) …──> kUp ──close_notify, an error──> kEnded
//
// Nothing blocks: what is to be sent is appended to the caller's string, so that many records leave
// in one system call. A context may be used from any thread, a TlsClient from one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ashlar::outbound {

class TlsClient {
 public:
  enum class State : std::uint8_t { kShaking, kUp, kEnded };
  struct Session;  // OpenSSL's
  explicit TlsClient(std::unique_ptr<Session> session);
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] bool chose_h2() const;                           // REQUIRES: it was kUp
  [[nodiscard]] const std::string& why() const { return why_; }  // of kEnded

  // Appends the first bytes to `wire`.
  void begin(std::string& wire);
  // Takes what the peer sent; appends what it said to `plain`, what must be answered to `wire`.
  void receive(std::string_view bytes, std::string& plain, std::string& wire);
  // REQUIRES: kUp.
  void send(std::string_view plain, std::string& wire);

 private:
  void shake(std::string& wire);
  void end(std::string why);

  std::unique_ptr<Session> session_;
  State state_ = State::kShaking;
  std::string why_;
};

class TlsClientContext {
 public:
  // Both certificate authorities: PEM, trusted besides the system's; empty: none. An error of them
  // is found at each connect(): kInvalid tls_ca_file.
  struct Options {
    std::string ca_file{};
    std::string ca_pem{};
    bool verify = true;
    bool offer_http = true;  // ALPN h2 and http/1.1; false: no ALPN, for other protocols
  };
  explicit TlsClientContext(std::string ca_file);
  explicit TlsClientContext(const Options& options);
  ~TlsClientContext();
  TlsClientContext(const TlsClientContext&) = delete;
  TlsClientContext& operator=(const TlsClientContext&) = delete;

  // `host`: a name, or an address (IPv6 in brackets).
  [[nodiscard]] base::Result<std::unique_ptr<TlsClient>> connect(const std::string& host) const;

 private:
  struct Loaded;
  std::unique_ptr<Loaded> loaded_;
};

}  // namespace ashlar::outbound
