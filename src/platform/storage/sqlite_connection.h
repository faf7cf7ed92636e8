// SqliteConnection: one connection to ashlar.db with its prepared statements.
//
// One thread at a time. A writer may change the file; a reader cannot (it is opened read-only).
// Statements are cached by the address of their Sql and live as long as the connection.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "base/time.h"
#include "platform/storage/sql.h"

struct sqlite3;
struct sqlite3_stmt;

namespace ashlar::base {
class Clock;
}

namespace ashlar::storage {

struct SqliteFile {
  std::string path;
  std::string vfs;  // empty: the system's
  base::Millis busy_timeout{5000};
  int cache_kib = 2048;
};

struct SqliteStatement {
  sqlite3_stmt* handle = nullptr;
  const char* source = nullptr;  // the Sql's text: a second object at the same address is found out
  int parameters = 0;
  bool mentions_tenant = false;
};

class SqliteConnection {
 public:
  enum class Access : std::uint8_t { kRead, kWrite };
  enum class Control : std::uint8_t {
    kBegin,           // deferred: for readers
    kBeginImmediate,  // takes the write lock
    kCommit,
    kRollback,
    kSavepoint,
    kRelease,
    kRollbackToSavepoint,
    kDataVersion,
    kCount,
  };

  // Creates the file (0600) when a writer finds none. Errors: kUnavailable storage_unavailable.
  static base::Result<std::unique_ptr<SqliteConnection>> open(const SqliteFile& file, Access access,
                                                              const base::Clock& clock);
  ~SqliteConnection();
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;

  base::Result<SqliteStatement*> prepare(const Sql& sql);
  base::Status control(Control what);
  // One or more statements without parameters or answers.
  base::Status execute_script(const std::string& script);
  // Changes when another connection has committed.
  base::Result<std::int64_t> data_version();
  // Each row's columns, joined by '|', are given to `line`.
  base::Status each_line(const char* sql, const std::function<void(std::string_view)>& line);

  // Statements that run beyond it are interrupted (kDeadline). nullopt: no limit.
  void set_deadline(std::optional<base::Mono> deadline) { deadline_ = deadline; }
  // How long a lock of another connection or process is waited for.
  void set_patience(base::Millis patience) { patience_ = patience; }
  // False while a transaction is open.
  [[nodiscard]] bool autocommit() const;
  // What went wrong in the last call on this connection, as an Error.
  [[nodiscard]] base::Error last_error(int code) const;
  [[nodiscard]] Access access() const { return access_; }
  [[nodiscard]] sqlite3* handle() const { return db_; }

 private:
  SqliteConnection(Access access, const base::Clock& clock) : access_(access), clock_(clock) {}
  base::Status open_file(const SqliteFile& file);
  base::Status configure(const SqliteFile& file);
  base::Result<sqlite3_stmt*> compile(std::string_view text, bool keep);
  base::Result<sqlite3_stmt*> control_statement(Control what);
  base::Status use_log(const SqliteFile& file);
  static int on_progress(void* self);
  static int on_busy(void* self, int times);

  const Access access_;
  const base::Clock& clock_;
  sqlite3* db_ = nullptr;
  std::optional<base::Mono> deadline_;
  base::Millis patience_{0};
  std::unordered_map<const Sql*, SqliteStatement> statements_;
  sqlite3_stmt* controls_[static_cast<std::size_t>(Control::kCount)] = {};
};

}  // namespace ashlar::storage
