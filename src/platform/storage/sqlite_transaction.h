// SqliteTransaction: what a transaction function sees of a connection.
//
// After a statement has failed the transaction is doomed, as it is on PostgreSQL: each later
// statement returns the same error, and so does the transaction, whatever its function returns.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "platform/storage/database.h"
#include "platform/storage/notice_board.h"

namespace ashlar::storage {

class SqliteConnection;
struct SqliteStatement;

class SqliteTransaction final : public Transaction {
 public:
  // Both outlive it.
  SqliteTransaction(SqliteConnection& connection, const Context& context)
      : connection_(connection), context_(context) {}

  base::Result<std::int64_t> execute(const Sql& sql, std::initializer_list<Param> params) override;
  base::Result<std::int64_t> query(const Sql& sql, std::initializer_list<Param> params,
                                   const RowSink& sink) override;
  void on_commit(std::function<void()> run) override;
  void notify(std::string_view channel, std::string_view payload) override;
  [[nodiscard]] const Context& context() const override { return context_; }

  // Runs the function; its error, or that of a statement whose error it kept to itself.
  base::Status run(const std::function<base::Status(Transaction&)>& body);

  // What to do once durable.
  std::vector<std::function<void()>> take_on_commit() { return std::move(on_commit_); }
  std::vector<OutgoingNotice> take_notices() { return std::move(notices_); }

 private:
  base::Result<SqliteStatement*> start(const Sql& sql, std::initializer_list<Param> params);
  base::Status bind(const SqliteStatement& statement, std::initializer_list<Param> params);
  base::Error doom(base::Error error);

  SqliteConnection& connection_;
  const Context& context_;
  std::optional<base::Error> failure_;
  std::vector<std::function<void()>> on_commit_;
  std::vector<OutgoingNotice> notices_;
};

}  // namespace ashlar::storage
