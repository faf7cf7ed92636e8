// Database on embedded SQLite: the file ashlar.db in a data directory.
//
// One writer thread with group commit (sqlite_writer.h), read-only connections for reads
// (sqlite_readers.h), checkpoints off the commit's path (sqlite_checkpointer.h). Other processes
// may use the same file at the same time: their writes wait for ours at most for a group, ours for
// theirs at most `busy_timeout`, and they are noticed (`resync`).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "base/time.h"

namespace ashlar::base {
class Clock;
}
namespace ashlar::obs {
class Log;
class Registry;
}  // namespace ashlar::obs

namespace ashlar::storage {

class Database;

struct SqliteOptions {
  std::string directory;
  int readers = 4;
  base::Millis busy_timeout{5000};
  std::size_t queue_limit = 1024;  // waiting write transactions
  std::size_t group_limit = 256;   // transactions of one commit
  std::size_t waiting_reads_limit = 1024;
  base::Millis read_wait{5000};  // of a read without a deadline
  int writer_cache_kib = 8192;
  int reader_cache_kib = 2048;
  std::int64_t wal_soft_bytes = 16 << 20;   // a checkpoint begins
  std::int64_t wal_hard_bytes = 256 << 20;  // the log starts again
  std::string vfs;                          // tests only
};

// Makes the directory (0700) and the file (0600) when missing. The schema is migrations.h's
// business. Errors: kUnavailable storage_unavailable.
base::Result<std::unique_ptr<Database>> open_sqlite(const SqliteOptions& options,
                                                    const base::Clock& clock, obs::Log& log,
                                                    obs::Registry& registry);

// A consistent copy of ashlar.db, taken while others write. `path` must not exist.
base::Status backup_sqlite(const std::string& directory, const std::string& path,
                           const base::Clock& clock);

inline constexpr const char* kSqliteFileName = "ashlar.db";

}  // namespace ashlar::storage
