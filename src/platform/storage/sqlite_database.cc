#include "platform/storage/sqlite_database.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <functional>
#include <utility>

#include "platform/storage/database.h"
#include "platform/storage/directory_lock.h"
#include "platform/storage/notice_board.h"
#include "platform/storage/sqlite_checkpointer.h"
#include "platform/storage/sqlite_connection.h"
#include "platform/storage/sqlite_readers.h"
#include "platform/storage/sqlite_writer.h"
#include "platform/storage/storage_metrics.h"

namespace ashlar::storage {
namespace {

using Access = SqliteConnection::Access;

constexpr std::size_t kMaxFindings = 100;

SqliteFile file_of(const SqliteOptions& options, int cache_kib) {
  return {.path = options.directory + "/" + kSqliteFileName,
          .vfs = options.vfs,
          .busy_timeout = options.busy_timeout,
          .cache_kib = cache_kib};
}

class SqliteDatabase final : public Database {
 public:
  SqliteDatabase(const SqliteOptions& options, std::unique_ptr<SqliteConnection> writing,
                 std::unique_ptr<SqliteConnection> checkpointing, const base::Clock& clock,
                 obs::Log& log, obs::Registry& registry)
      : metrics_(registry),
        checkpointer_(std::move(checkpointing), log),
        writer_(std::move(writing),
                {.queue_limit = options.queue_limit,
                 .group_limit = options.group_limit,
                 .wal_soft_bytes = options.wal_soft_bytes,
                 .wal_hard_bytes = options.wal_hard_bytes,
                 .busy_timeout = options.busy_timeout},
                clock, log, metrics_, board_, checkpointer_),
        readers_(file_of(options, options.reader_cache_kib),
                 {.connections = options.readers,
                  .waiting_limit = options.waiting_reads_limit,
                  .wait = options.read_wait},
                 clock, metrics_) {}

  void subscribe(std::string channel, std::function<void(const Notice&)> receive) override {
    board_.subscribe(std::move(channel), std::move(receive));
  }
  [[nodiscard]] Dialect dialect() const override { return Dialect::kSqlite; }

  base::Status ping(base::Mono deadline) override {
    return readers_.with_connection(deadline, [](SqliteConnection& connection) {
      return connection.execute_script("SELECT count(*) FROM sqlite_schema");
    });
  }

  base::Result<std::string> check_integrity() override {
    std::string findings;
    const auto add = [&](std::string_view line) {
      if (line != "ok") findings.append(line).append("\n");
    };
    const auto check = [&](SqliteConnection& connection) -> base::Status {
      const std::string limit = std::to_string(kMaxFindings);
      ASHLAR_TRY(connection.each_line(("PRAGMA integrity_check(" + limit + ")").c_str(), add));
      const std::string foreign_keys =
          "SELECT 'foreign key: ' || \"table\" || ' row ' || rowid || ' names a missing row of ' "
          "|| parent "
          "FROM pragma_foreign_key_check LIMIT " +
          limit;
      return connection.each_line(foreign_keys.c_str(), add);
    };
    ASHLAR_TRY(readers_.with_connection(std::nullopt, check));
    return findings;
  }

 private:
  base::Status run_body(const Context& context, Mode mode, const Body& body) override {
    return mode == Mode::kRead ? readers_.read(context, body) : writer_.submit(context, body);
  }

  StorageMetrics metrics_;
  NoticeBoard board_;
  // The last connection to close checkpoints and removes the log; a read-only one could not, so
  // readers go first.
  SqliteCheckpointer checkpointer_;
  SqliteWriter writer_;
  SqliteReaders readers_;
};

}  // namespace

base::Result<std::unique_ptr<Database>> open_sqlite(const SqliteOptions& options,
                                                    const base::Clock& clock, obs::Log& log,
                                                    obs::Registry& registry) {
  ASHLAR_TRY(make_data_directory(options.directory));
  const SqliteFile file = file_of(options, options.writer_cache_kib);
  ASHLAR_ASSIGN(auto writing, SqliteConnection::open(file, Access::kWrite, clock));
  ASHLAR_ASSIGN(auto checkpointing, SqliteConnection::open(file, Access::kWrite, clock));
  return std::unique_ptr<Database>(std::make_unique<SqliteDatabase>(
      options, std::move(writing), std::move(checkpointing), clock, log, registry));
}

base::Status backup_sqlite(const std::string& directory, const std::string& path,
                           const base::Clock& clock) {
  SqliteFile file;
  file.path = directory + "/" + kSqliteFileName;
  ASHLAR_ASSIGN(auto connection, SqliteConnection::open(file, Access::kRead, clock));
  // VACUUM INTO takes an empty file: made first, so that the copy is as private as the original.
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) {
    return base::fail(base::Code::kUnavailable, "storage_unavailable",
                      path + ": " + std::strerror(errno));
  }
  ::close(fd);
  std::string quoted;
  for (char c : path) quoted.append(c == '\'' ? 2 : 1, c);
  base::Status copied = connection->execute_script("VACUUM INTO '" + quoted + "'");
  if (!copied.ok()) ::unlink(path.c_str());
  return copied;
}

}  // namespace ashlar::storage
