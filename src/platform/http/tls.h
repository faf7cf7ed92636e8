// TLS for listeners: OpenSSL behind two small classes. TLS 1.2 and 1.3, ALPN http/1.1.
//
// TlsContext holds certificate and key and may be reloaded at any time: connections keep what they
// began with, new ones get the new certificate. A reload that fails changes nothing.
// TlsStream is one connection's end; it belongs to the connection's I/O thread.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>

#include "base/result.h"

namespace ashlar::http {

struct IoResult {
  enum class Kind : unsigned char { kBytes, kWouldBlock, kEnd };
  Kind kind;
  std::size_t bytes = 0;
};

class TlsStream {
 public:
  struct Session;  // OpenSSL's
  explicit TlsStream(std::unique_ptr<Session> session);
  ~TlsStream();
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  // Both shake hands first where that is still to be done; kWouldBlock may mean either direction.
  IoResult read(char* to, std::size_t size);
  IoResult write(const char* from, std::size_t size);
  void shut_down();  // sends close_notify if that is possible without waiting

 private:
  std::unique_ptr<Session> session_;
};

class TlsContext {
 public:
  struct Files {
    std::string certificate_chain;  // PEM
    std::string private_key;        // PEM
  };

  static base::Result<std::unique_ptr<TlsContext>> load(Files files);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  // Reads the files again. Any thread.
  base::Status reload();
  // Reloads when either file has another modification time than at the last load. False: unchanged.
  base::Result<bool> reload_if_changed();

  // A stream over `fd`, which stays the caller's.
  std::unique_ptr<TlsStream> accept(int fd);

 private:
  struct Loaded;
  explicit TlsContext(Files files);

  const Files files_;
  std::mutex mutex_;  // guards what follows
  std::shared_ptr<const Loaded> loaded_;
};

}  // namespace ashlar::http
