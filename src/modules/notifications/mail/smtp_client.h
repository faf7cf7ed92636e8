// SmtpClient: hands mails to one mail server over a few kept connections, all on one event loop.
//
//   send() ──> inbox ──> queue ──> connection: idle one, or a new one up to max_connections
//                          │          ├─ ended ──> done; the connection takes the next
//                          │          └─ stale (closed while idle) ──> front of the queue, twice at
//                          │                                           most
//                          ├─ the deadline ──> done kRetry
//                          ├─ give_back() ──> done kRetry, given_back
//                          └─ no connection can be had, and none is left ──> done for all of them
//
// Promises
//  1. done is called once for each send(), on the loop's thread (or the destructor's, where the
//     loops do not run), by the deadline. kAmbiguous only as smtp_dialogue.h says; what waited in
//     the queue certainly was not begun.
//  2. At most max_connections at once, mails_per_connection on each, closed after idle_timeout; at
//     most kMaxQueued mails wait, more are kRetry at once. A probe goes before all others, on a
//     connection of its own, one more than max_connections, where no other is free: those that are
//     stuck do not keep it from finding out that the server is back.
//  3. A server that refuses connections is asked for a new one at most once in kPause while others
//     are open to it, and once for each send() otherwise.
//  4. The destructor does not wait: it ends all that is under way.
//
// Metrics (of all clients together): ashlar_notifications_smtp_connections_open,
// _connections_total, _connect_failures_total, _replays_total.
// Any thread may call.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "base/time.h"
#include "modules/notifications/mail/smtp_connection.h"

namespace ashlar::net {
class LoopGroup;
}
namespace ashlar::obs {
class Registry;
}

namespace ashlar::notifications {

struct SmtpClientOptions {
  SmtpEndpoint endpoint;
  std::string ca_pem{};  // trusted besides the system's
  bool verify = true;
  bool allow_private = true;  // else nothing is connected but public addresses
  std::size_t max_connections = 8;
  std::size_t mails_per_connection = 100;
  base::Millis idle_timeout{15'000};
};

class SmtpClient {
 public:
  static constexpr std::size_t kMaxQueued = 10'000;
  static constexpr base::Millis kPause{1'000};
  static constexpr base::Millis kTick{25};
  static constexpr base::Millis kProbeOpens{2'000};  // a probe's connection, or another is tried

  using Done = std::function<void(SendResult)>;

  // `loop`: which of them; all outlive it.
  SmtpClient(SmtpClientOptions options, net::LoopGroup& loops, std::size_t loop,
             obs::Registry& metrics);
  ~SmtpClient();
  SmtpClient(const SmtpClient&) = delete;
  SmtpClient& operator=(const SmtpClient&) = delete;

  void send(SmtpMail mail, base::Mono deadline, Done done);
  // What no connection has begun.
  void give_back();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace ashlar::notifications
