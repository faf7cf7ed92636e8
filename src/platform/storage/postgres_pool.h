// PostgresPool: a bounded number of connections, lent for one transaction each.
//
// Connections are opened when needed and closed when broken or when their lifetime, which differs a
// little for each so that they do not all end at once, is over. After a failed attempt to connect
// no other is made for a while that doubles up to a bound; meanwhile callers fail at once. Any
// thread.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "base/time.h"

namespace ashlar::base {
class Clock;
}

namespace ashlar::storage {

class PostgresConnection;
struct StorageMetrics;

struct PostgresPoolOptions {
  std::string url;
  int connections = 16;
  std::size_t waiting_limit = 256;  // callers that wait for one; beyond: storage_busy
  base::Millis wait{5000};          // of a caller without a deadline; then storage_busy
  base::Seconds connect_timeout{5};
  base::Seconds lifetime{1800};  // a tenth less to a tenth more
};

class PostgresPool {
 public:
  class Lease {
   public:
    Lease(PostgresPool& pool, std::unique_ptr<PostgresConnection> connection, base::Mono retire_at);
    Lease(Lease&& other) noexcept;
    Lease& operator=(Lease&&) = delete;
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease();
    PostgresConnection& operator*() { return *connection_; }

   private:
    PostgresPool& pool_;
    std::unique_ptr<PostgresConnection> connection_;
    base::Mono retire_at_;
  };

  PostgresPool(PostgresPoolOptions options, std::uint64_t seed, const base::Clock& clock,
               StorageMetrics& metrics);
  ~PostgresPool();  // REQUIRES: nothing is lent
  PostgresPool(const PostgresPool&) = delete;
  PostgresPool& operator=(const PostgresPool&) = delete;

  base::Result<Lease> check_out(std::optional<base::Mono> deadline);
  // Closes what is not lent: after one was lost, the others most likely are too.
  void drop_idle();

 private:
  struct Idle {
    std::unique_ptr<PostgresConnection> connection;
    base::Mono retire_at;
  };
  base::Status wait_for_place(std::unique_lock<std::mutex>& lock,
                              std::optional<base::Mono> deadline);
  base::Result<Lease> connect();
  void check_in(std::unique_ptr<PostgresConnection> connection, base::Mono retire_at);

  const PostgresPoolOptions options_;
  const base::Clock& clock_;
  StorageMetrics& metrics_;

  std::mutex mutex_;
  std::condition_variable freed_;
  base::Random random_;        // guarded by mutex_
  std::vector<Idle> idle_;     // guarded by mutex_
  int lent_ = 0;               // guarded by mutex_
  std::size_t waiting_ = 0;    // guarded by mutex_
  int failures_ = 0;           // guarded by mutex_; attempts to connect since the last success
  base::Mono next_attempt_{};  // guarded by mutex_
};

}  // namespace ashlar::storage
