#include "platform/storage/sqlite_connection.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "platform/storage/database.h"
#include "platform/storage/statement_rules.h"

namespace ashlar::storage {
namespace {

// Between two looks at the deadline: some tens of microseconds of work.
constexpr int kInstructionsBetweenChecks = 2000;

constexpr std::array<std::string_view, static_cast<std::size_t>(SqliteConnection::Control::kCount)>
    kControls{"BEGIN",         "BEGIN IMMEDIATE", "COMMIT",          "ROLLBACK",
              "SAVEPOINT one", "RELEASE one",     "ROLLBACK TO one", "PRAGMA data_version"};

// SQLite's account of allocated memory is a lock that all connections would share.
void configure_library() {
  static std::once_flag once;
  std::call_once(once, [] { sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); });
}

// SQLite would create it with the umask's permissions; the -wal and -shm files inherit these.
// O_EXCL: a file that is there is not even opened. To close it again would give back all locks that
// other connections of this process hold on it, and with them the log, to whoever comes next.
base::Status create_private(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0 && errno == EEXIST) return base::ok_status();
  if (fd < 0) {
    return base::fail(base::Code::kUnavailable, "storage_unavailable",
                      path + ": " + std::strerror(errno));
  }
  ::close(fd);
  return base::ok_status();
}

base::Error from_code(int code, std::string detail) {
  using base::Code;
  if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY ||
      code == SQLITE_CONSTRAINT_ROWID) {
    return base::fail(Code::kConflict, "storage_duplicate", std::move(detail));
  }
  switch (code & 0xff) {
    case SQLITE_CONSTRAINT:
      return base::fail(Code::kConflict, "storage_constraint", std::move(detail));
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return base::fail(Code::kUnavailable, "storage_busy",
                        "another process holds the database: " + detail);
    case SQLITE_FULL:
      return base::fail(Code::kUnavailable, "storage_full", "the disk is full");
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_NOMEM:
      return base::fail(Code::kUnavailable, "storage_unavailable", std::move(detail));
    case SQLITE_INTERRUPT:
      return base::fail(Code::kDeadline, "storage_deadline",
                        "the statement ran beyond its deadline");
    case SQLITE_TOOBIG:
      return base::fail(Code::kInvalid, "storage_too_large", std::move(detail));
    default:
      return base::fail(Code::kInternal, "storage_error", std::move(detail));
  }
}

}  // namespace

base::Result<std::unique_ptr<SqliteConnection>> SqliteConnection::open(const SqliteFile& file,
                                                                       Access access,
                                                                       const base::Clock& clock) {
  configure_library();
  std::unique_ptr<SqliteConnection> connection(new SqliteConnection(access, clock));
  if (access == Access::kWrite) ASHLAR_TRY(create_private(file.path));
  ASHLAR_TRY(connection->open_file(file));
  ASHLAR_TRY(connection->configure(file));
  return connection;
}

SqliteConnection::~SqliteConnection() {
  for (auto& [sql, statement] : statements_) sqlite3_finalize(statement.handle);
  for (sqlite3_stmt* control : controls_) sqlite3_finalize(control);
  CHECK(sqlite3_close(db_) == SQLITE_OK);
}

base::Status SqliteConnection::open_file(const SqliteFile& file) {
  const int rights =
      access_ == Access::kWrite ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
  const int code = sqlite3_open_v2(file.path.c_str(), &db_, rights | SQLITE_OPEN_NOMUTEX,
                                   file.vfs.empty() ? nullptr : file.vfs.c_str());
  if (code == SQLITE_OK) return base::ok_status();
  base::Error error = last_error(code);
  error.detail = file.path + ": " + error.detail;
  return error;
}

base::Status SqliteConnection::configure(const SqliteFile& file) {
  sqlite3_extended_result_codes(db_, 1);
  patience_ = file.busy_timeout;
  sqlite3_busy_handler(db_, &SqliteConnection::on_busy, this);
  sqlite3_progress_handler(db_, kInstructionsBetweenChecks, &SqliteConnection::on_progress, this);
  if (access_ == Access::kWrite) ASHLAR_TRY(use_log(file));
  // wal_autocheckpoint=0: the committing thread must not do the checkpointer's work.
  // secure_delete=FAST: Debian's default zeroes deleted pages at the price of writing them.
  return execute_script(
      "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA mmap_size=0; PRAGMA "
      "wal_autocheckpoint=0;"
      "PRAGMA secure_delete=FAST; PRAGMA trusted_schema=OFF; PRAGMA temp_store=MEMORY;"
      "PRAGMA cache_size=-" +
      std::to_string(file.cache_kib));
}

// Of two programs that start on a new file at once SQLite refuses one here without waiting.
base::Status SqliteConnection::use_log(const SqliteFile& file) {
  std::string mode;
  base::Status set = base::ok_status();
  for (int times = 0; times == 0 || (!set.ok() && on_busy(this, times) == 1); ++times) {
    set = each_line("PRAGMA journal_mode=WAL", [&](std::string_view line) { mode = line; });
    if (!set.ok() && std::string_view(set.error().reason) != "storage_busy") return set;
  }
  if (set.ok() && mode != "wal") {
    return base::fail(base::Code::kUnavailable, "storage_unavailable",
                      file.path + ": this file system does not carry SQLite's write-ahead log");
  }
  return set;
}

// SQLite's own handler sleeps for up to 100 ms: beside a busy server, whose writer gives the lock
// back for a moment only, it would seldom look at the right time.
int SqliteConnection::on_busy(void* self, int times) {
  if (times >= static_cast<SqliteConnection*>(self)->patience_.count()) return 0;
  sqlite3_sleep(1);
  return 1;
}

int SqliteConnection::on_progress(void* self) {
  const auto& connection = *static_cast<SqliteConnection*>(self);
  return connection.deadline_.has_value() && connection.clock_.mono() >= *connection.deadline_ ? 1
                                                                                               : 0;
}

base::Result<sqlite3_stmt*> SqliteConnection::compile(std::string_view text, bool keep) {
  sqlite3_stmt* statement = nullptr;
  const char* tail = nullptr;
  const int code = sqlite3_prepare_v3(db_, text.data(), static_cast<int>(text.size()),
                                      keep ? SQLITE_PREPARE_PERSISTENT : 0, &statement, &tail);
  if (code != SQLITE_OK) return last_error(code);
  return statement;
}

base::Result<SqliteStatement*> SqliteConnection::prepare(const Sql& sql) {
  const auto found = statements_.find(&sql);
  if (found != statements_.end()) {
    if (found->second.source != sql.text.data())
      statement_misuse(sql, "an Sql needs static storage duration");
    return &found->second;
  }
  base::Result<EngineText> text = engine_text(sql, Dialect::kSqlite);
  if (!text.ok()) statement_misuse(sql, text.error().detail);
  ASHLAR_ASSIGN(sqlite3_stmt * handle, compile(text->text, true));
  const bool writes = sqlite3_stmt_readonly(handle) == 0;
  const int expected = text->parameters + (text->mentions_tenant ? 1 : 0);
  if (sqlite3_bind_parameter_count(handle) != expected)
    statement_misuse(sql, "parameters are ?1, ?2, … and :tenant");
  if (writes && access_ == Access::kRead)
    statement_misuse(sql, "a statement that writes, inside read()");
  SqliteStatement statement{handle, sql.text.data(), text->parameters, text->mentions_tenant};
  return &statements_.emplace(&sql, statement).first->second;
}

base::Result<sqlite3_stmt*> SqliteConnection::control_statement(Control what) {
  sqlite3_stmt*& statement = controls_[static_cast<std::size_t>(what)];
  if (statement == nullptr) {
    ASHLAR_ASSIGN(statement, compile(kControls[static_cast<std::size_t>(what)], true));
  }
  return statement;
}

base::Status SqliteConnection::control(Control what) {
  ASHLAR_ASSIGN(sqlite3_stmt * statement, control_statement(what));
  const int code = sqlite3_step(statement);
  base::Status status = base::ok_status();
  if (code != SQLITE_DONE) status = last_error(code);
  sqlite3_reset(statement);
  return status;
}

base::Result<std::int64_t> SqliteConnection::data_version() {
  ASHLAR_ASSIGN(sqlite3_stmt * statement, control_statement(Control::kDataVersion));
  const int code = sqlite3_step(statement);
  base::Result<std::int64_t> version = sqlite3_column_int64(statement, 0);
  if (code != SQLITE_ROW) version = last_error(code);
  sqlite3_reset(statement);
  return version;
}

base::Status SqliteConnection::execute_script(const std::string& script) {
  const int code = sqlite3_exec(db_, script.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return last_error(code);
  return base::ok_status();
}

base::Status SqliteConnection::each_line(const char* sql,
                                         const std::function<void(std::string_view)>& line) {
  ASHLAR_ASSIGN(sqlite3_stmt * statement, compile(sql, false));
  int code = SQLITE_ROW;
  while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
    std::string joined;
    for (int i = 0; i < sqlite3_column_count(statement); ++i) {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, i));
      if (i > 0) joined += '|';
      if (text != nullptr) joined += text;
    }
    line(joined);
  }
  base::Status status = base::ok_status();
  if (code != SQLITE_DONE) status = last_error(code);
  sqlite3_finalize(statement);
  return status;
}

bool SqliteConnection::autocommit() const { return sqlite3_get_autocommit(db_) != 0; }

base::Error SqliteConnection::last_error(int code) const {
  return from_code(code, db_ == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(db_));
}

}  // namespace ashlar::storage
