// MailDouble: an SMTP server on loopback that says to each command what a test tells it to; with
// TLS where it is wanted. A thread for each connection; for tests alone.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace ashlar::notifications {

class MailDouble {
 public:
  struct Seen {
    int connection = 0;  // 1, 2, …
    int mail = 0;        // of the connection: MAIL commands so far
    std::string line;  // without CRLF; "" at the greeting; "." at the end of data, with it in data
    std::string data{};
    bool tls = false;
  };
  static const std::string kClose;   // says nothing and closes
  static const std::string kSilent;  // says nothing
  static const std::string kDrip;    // says "2" every 20 ms, without end
  // What is said; empty: what a healthy server would say. Ended by "\r\n" by whoever writes it.
  using Script = std::function<std::string(const Seen&)>;

  struct Options {
    bool tls = false;  // from the first byte on
    std::string extensions = "250-PIPELINING\r\n250-ENHANCEDSTATUSCODES\r\n250 DSN\r\n";
    std::string name = "localhost";  // of the certificate
  };
  explicit MailDouble(Script script);
  MailDouble(Script script, Options options);
  ~MailDouble();
  MailDouble(const MailDouble&) = delete;
  MailDouble& operator=(const MailDouble&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] const std::string& ca_pem() const;
  [[nodiscard]] int connections() const;
  [[nodiscard]] std::vector<std::string> mails() const;  // data of those it has taken, undotted
  [[nodiscard]] std::vector<std::string> lines() const;  // all commands

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ashlar::notifications
