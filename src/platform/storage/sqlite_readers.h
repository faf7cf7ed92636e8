// SqliteReaders: a bounded pool of read-only connections. Each read is one transaction on one of
// them and sees one snapshot, taken after the call began.
//
// Any thread. Connections are opened when first needed and kept; the one used last is given out
// first, for its warm page cache.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "base/result.h"
#include "platform/storage/context.h"
#include "platform/storage/sqlite_connection.h"

namespace ashlar::storage {

class Transaction;
struct StorageMetrics;

struct SqliteReadersOptions {
  int connections = 4;
  std::size_t waiting_limit = 1024;  // callers that wait for one; beyond: storage_busy
  base::Millis wait{5000};           // of a caller without a deadline; then storage_busy
};

class SqliteReaders {
 public:
  SqliteReaders(SqliteFile file, SqliteReadersOptions options, const base::Clock& clock,
                StorageMetrics& metrics);
  ~SqliteReaders();  // REQUIRES: no read is running
  SqliteReaders(const SqliteReaders&) = delete;
  SqliteReaders& operator=(const SqliteReaders&) = delete;

  base::Status read(const Context& context, const std::function<base::Status(Transaction&)>& body);
  // For what is no transaction: integrity checks. Takes a place in the pool as read() does.
  base::Status with_connection(std::optional<base::Mono> deadline,
                               const std::function<base::Status(SqliteConnection&)>& use);

 private:
  base::Result<std::unique_ptr<SqliteConnection>> check_out(std::optional<base::Mono> deadline);
  void check_in(std::unique_ptr<SqliteConnection> connection);

  const SqliteFile file_;
  const SqliteReadersOptions options_;
  const base::Clock& clock_;
  StorageMetrics& metrics_;

  std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<std::unique_ptr<SqliteConnection>> idle_;  // guarded by mutex_
  int in_use_ = 0;                                       // guarded by mutex_
  std::size_t waiting_ = 0;                              // guarded by mutex_
};

}  // namespace ashlar::storage
