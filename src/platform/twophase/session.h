// Session: the connection to one branch of a two-phase commit, in the middle of its transaction.
//
// Statements are PostgreSQL's own, with $1, $2 … and their values as text (nullopt: NULL). What a
// prepared transaction may not do, PostgreSQL refuses at PREPARE: temporary tables, LISTEN, NOTIFY,
// cursors WITH HOLD. Belongs to one thread; lives for one run of the work.
// Errors: storage's (storage/database.h); a statement that fails ends the transaction.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

struct pg_conn;

namespace ashlar::twophase {

using Value = std::optional<std::string>;

// A row of an answer, valid inside the callback; columns count from 0.
using RowSink = std::function<void(const std::function<std::optional<std::string_view>(int)>& at)>;

class Session {
 public:
  // It outlives this.
  explicit Session(pg_conn* connection) : connection_(connection) {}

  // Rows changed.
  base::Result<std::int64_t> execute(const std::string& sql, std::initializer_list<Value> values);
  base::Status query(const std::string& sql, std::initializer_list<Value> values,
                     const RowSink& sink);

 private:
  pg_conn* connection_;
};

}  // namespace ashlar::twophase
