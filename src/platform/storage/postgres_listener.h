// PostgresListener: hears the notices of other processes on a connection and a thread of its own.
//
//   [listening] --connection lost--> [reconnecting, pauses that double] --LISTEN--> resync,
//   [listening]
//
// A link that dies without a word is noticed by TCP keepalive (postgres_link.h).
//
// The resync follows the LISTEN, so a change that falls between them is covered by one or the
// other.
#pragma once

#include <string>
#include <thread>

#include "base/random.h"
#include "base/result.h"
#include "base/time.h"
#include "platform/storage/postgres_link.h"

namespace ashlar::obs {
class Log;
}

namespace ashlar::storage {

class NoticeBoard;
class NoticeSender;

class PostgresListener {
 public:
  // Notices under `sender`'s present name are our own and were delivered already. References
  // outlive the listener.
  PostgresListener(std::string url, base::Seconds connect_timeout, const NoticeSender& sender,
                   NoticeBoard& board, obs::Log& log, std::uint64_t seed);
  ~PostgresListener();
  PostgresListener(const PostgresListener&) = delete;
  PostgresListener& operator=(const PostgresListener&) = delete;

  // Listens from here on; what fails here fails the start of the program.
  base::Status start();

 private:
  base::Status connect();
  void run();
  bool reconnect();
  bool listen();
  void deliver_received();
  bool stopped_within(base::Millis pause);

  const std::string url_;
  const base::Seconds connect_timeout_;
  const NoticeSender& sender_;
  NoticeBoard& board_;
  obs::Log& log_;
  base::Random random_;
  PostgresLink link_;
  int stop_event_ = -1;
  std::thread thread_;
};

}  // namespace ashlar::storage
