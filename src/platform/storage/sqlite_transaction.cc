#include "platform/storage/sqlite_transaction.h"

#include <sqlite3.h>

#include <type_traits>
#include <utility>
#include <variant>

#include "base/check.h"
#include "platform/storage/sqlite_connection.h"
#include "platform/storage/statement_rules.h"
#include "platform/storage/transaction_function.h"

namespace ashlar::storage {
namespace {

class SqliteRow final : public Row {
 public:
  explicit SqliteRow(sqlite3_stmt* statement) : statement_(statement) {}

  [[nodiscard]] bool is_null(int column) const override { return type(column) == SQLITE_NULL; }
  [[nodiscard]] std::int64_t integer(int column) const override {
    CHECK(type(column) == SQLITE_INTEGER);
    return sqlite3_column_int64(statement_, column);
  }
  [[nodiscard]] double real(int column) const override {
    CHECK(type(column) == SQLITE_FLOAT || type(column) == SQLITE_INTEGER);
    return sqlite3_column_double(statement_, column);
  }
  [[nodiscard]] std::string_view text(int column) const override {
    CHECK(type(column) == SQLITE_TEXT);
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
  }
  [[nodiscard]] std::string_view blob(int column) const override {
    CHECK(type(column) == SQLITE_BLOB);
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_, column));
    return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
  }

 private:
  [[nodiscard]] int type(int column) const {
    CHECK(column >= 0 && column < sqlite3_data_count(statement_));
    return sqlite3_column_type(statement_, column);
  }

  sqlite3_stmt* statement_;
};

// A statement that is not reset keeps its snapshot and its lock; a sink may throw.
class ResetAtEnd {
 public:
  explicit ResetAtEnd(sqlite3_stmt* statement) : statement_(statement) {}
  ~ResetAtEnd() { sqlite3_reset(statement_); }
  ResetAtEnd(const ResetAtEnd&) = delete;
  ResetAtEnd& operator=(const ResetAtEnd&) = delete;

 private:
  sqlite3_stmt* statement_;
};

// SQLITE_STATIC: the caller's bytes outlive the call, and the statement is bound anew before it
// runs again.
int bind_one(sqlite3_stmt* statement, int index, const Param& param) {
  return std::visit(
      [&](const auto& value) {
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<T, std::nullptr_t>) {
          return sqlite3_bind_null(statement, index);
        } else if constexpr (std::is_same_v<T, std::int64_t>) {
          return sqlite3_bind_int64(statement, index, value);
        } else if constexpr (std::is_same_v<T, double>) {
          return sqlite3_bind_double(statement, index, value);
        } else if constexpr (std::is_same_v<T, Blob>) {
          // A null pointer would bind NULL: an empty blob is not that.
          const char* bytes = value.bytes.empty() ? "" : value.bytes.data();
          return sqlite3_bind_blob64(statement, index, bytes, value.bytes.size(), SQLITE_STATIC);
        } else {
          const char* bytes = value.empty() ? "" : value.data();
          return sqlite3_bind_text64(statement, index, bytes, value.size(), SQLITE_STATIC,
                                     SQLITE_UTF8);
        }
      },
      param);
}

}  // namespace

base::Error SqliteTransaction::doom(base::Error error) {
  failure_ = error;
  return error;
}

base::Status SqliteTransaction::bind(const SqliteStatement& statement,
                                     std::initializer_list<Param> params) {
  int index = 0;
  for (const Param& param : params) {
    const int code = bind_one(statement.handle, ++index, param);
    if (code != SQLITE_OK) return connection_.last_error(code);
  }
  if (statement.mentions_tenant) {
    const int code = sqlite3_bind_int64(statement.handle, ++index, context_.tenant_id().value);
    if (code != SQLITE_OK) return connection_.last_error(code);
  }
  return base::ok_status();
}

base::Result<SqliteStatement*> SqliteTransaction::start(const Sql& sql,
                                                        std::initializer_list<Param> params) {
  check_audience(sql, context_);
  if (failure_.has_value()) return *failure_;
  ASHLAR_TRY(check_parameters(params));
  ASHLAR_ASSIGN(SqliteStatement * statement, connection_.prepare(sql));
  if (static_cast<int>(params.size()) != statement->parameters) {
    statement_misuse(sql, "as many parameters as the statement has");
  }
  if (sqlite3_stmt_busy(statement->handle) != 0)
    statement_misuse(sql, "not inside its own row callback");
  ASHLAR_TRY(bind(*statement, params));
  return statement;
}

base::Result<std::int64_t> SqliteTransaction::execute(const Sql& sql,
                                                      std::initializer_list<Param> params) {
  base::Result<SqliteStatement*> statement = start(sql, params);
  if (!statement.ok()) return doom(std::move(statement).error());
  sqlite3_stmt* handle = (*statement)->handle;
  if (sqlite3_column_count(handle) != 0)
    statement_misuse(sql, "a statement with an answer is a query");
  const ResetAtEnd reset(handle);
  const int code = sqlite3_step(handle);
  if (code != SQLITE_DONE) return doom(connection_.last_error(code));
  return sqlite3_changes64(connection_.handle());
}

base::Result<std::int64_t> SqliteTransaction::query(const Sql& sql,
                                                    std::initializer_list<Param> params,
                                                    const RowSink& sink) {
  base::Result<SqliteStatement*> statement = start(sql, params);
  if (!statement.ok()) return doom(std::move(statement).error());
  sqlite3_stmt* handle = (*statement)->handle;
  if (sqlite3_column_count(handle) == 0)
    statement_misuse(sql, "a statement without an answer is executed");
  const ResetAtEnd reset(handle);
  const SqliteRow row(handle);
  std::int64_t rows = 0;
  int code = SQLITE_ROW;
  while ((code = sqlite3_step(handle)) == SQLITE_ROW) {
    ++rows;
    sink(row);
  }
  if (code != SQLITE_DONE) return doom(connection_.last_error(code));
  return rows;
}

void SqliteTransaction::on_commit(std::function<void()> run) {
  on_commit_.push_back(std::move(run));
}

void SqliteTransaction::notify(std::string_view channel, std::string_view payload) {
  CHECK(connection_.access() == SqliteConnection::Access::kWrite);
  notices_.push_back(make_notice(channel, payload));
}

base::Status SqliteTransaction::run(const std::function<base::Status(Transaction&)>& body) {
  base::Status status = call_transaction_function(body, *this);
  if (status.ok() && failure_.has_value()) return *failure_;
  return status;
}

}  // namespace ashlar::storage
