// Database: transactions on embedded SQLite or on PostgreSQL 15, behind one interface.
//
//   auto link = db.read(context, [&](Transaction& tx) -> Result<Link> { … });
//   Status s  = db.write(context, [&](Transaction& tx) -> Status { … });
//
// Promises
//  1. write() returns success only after the commit is durable (SQLite: WAL, synchronous=FULL;
//     PostgreSQL: its own commit). An error returned by the function rolls everything back.
//  2. Writes are serializable. Reads see one committed snapshot, never older than the last write
//     that this process has acknowledged.
//  3. The function may run again (a failed group, a serialization failure): it changes memory only
//     in tx.on_commit(). It never waits for the network, nor calls read() or write() inside.
//  4. on_commit() functions run once, in order, after durability and before write() returns.
//  5. notify() reaches the subscribers of its channel in every process on the same database, this
//     one included: here before write() returns, elsewhere as soon as the commit is seen. After an
//     interruption, a write() whose outcome is not known, or a change by a process that sends no
//     notices, subscribers get `resync`: whatever they have cached may be stale. A connection that
//     dies without a word is found dead within 15 s: so far may what is kept by notices lag behind
//     other processes.
//
// All functions may be called from any thread and block it; callers are on worker pools.
// Errors: kUnavailable storage_busy (queue or pool full), kDeadline storage_deadline,
//         kUnavailable storage_unavailable (database gone), kUnavailable storage_full (disk full),
//         kConflict storage_conflict (serialization failure that outlived its retries), kConflict
//         storage_duplicate (a unique or primary key), kConflict storage_constraint (foreign key,
//         NOT NULL, CHECK), kInvalid storage_text (NUL bytes, bad UTF-8), kInvalid
//         storage_too_large, kInternal storage_error.
// A statement that fails dooms its transaction: every later one in it returns the same error. What
// may well be there already is inserted with ON CONFLICT DO NOTHING.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "platform/storage/context.h"
#include "platform/storage/sql.h"

namespace ashlar::storage {

// One row of an answer, valid only inside the callback that receives it. Columns count from 0.
// REQUIRES: the column exists and has the asked-for type (NULL only where is_null is asked first).
class Row {
 public:
  virtual ~Row() = default;
  [[nodiscard]] virtual bool is_null(int column) const = 0;
  [[nodiscard]] virtual std::int64_t integer(int column) const = 0;
  [[nodiscard]] virtual double real(int column) const = 0;
  [[nodiscard]] virtual std::string_view text(int column) const = 0;
  [[nodiscard]] virtual std::string_view blob(int column) const = 0;

  [[nodiscard]] std::optional<std::int64_t> maybe_integer(int column) const {
    return is_null(column) ? std::nullopt : std::optional(integer(column));
  }
  [[nodiscard]] std::optional<std::string> maybe_text(int column) const {
    return is_null(column) ? std::nullopt : std::optional(std::string(text(column)));
  }
};

using RowSink = std::function<void(const Row&)>;

// Lives for one run of the function. Not thread-safe.
class Transaction {
 public:
  virtual ~Transaction() = default;

  // Rows changed.
  virtual base::Result<std::int64_t> execute(const Sql& sql,
                                             std::initializer_list<Param> params) = 0;
  // Rows seen; each is given to `sink` in order. A statement with RETURNING is a query.
  virtual base::Result<std::int64_t> query(const Sql& sql, std::initializer_list<Param> params,
                                           const RowSink& sink) = 0;

  virtual void on_commit(std::function<void()> run) = 0;
  // `payload` at most 4,000 bytes. REQUIRES: inside write().
  virtual void notify(std::string_view channel, std::string_view payload) = 0;

  [[nodiscard]] virtual const Context& context() const = 0;
};

enum class Dialect : std::uint8_t { kSqlite, kPostgres };

class Database {
 public:
  virtual ~Database() = default;

  template <class F>
  auto read(const Context& context, F&& fn) -> std::invoke_result_t<F&, Transaction&> {
    return run<std::invoke_result_t<F&, Transaction&>>(context, Mode::kRead, fn);
  }
  template <class F>
  auto write(const Context& context, F&& fn) -> std::invoke_result_t<F&, Transaction&> {
    return run<std::invoke_result_t<F&, Transaction&>>(context, Mode::kWrite, fn);
  }

  struct Notice {
    bool resync = false;  // forget everything; payload is empty then
    std::string_view payload;
  };
  // `receive` is called on storage threads (and inside write()): it must be quick, must not block
  // and must not call the database. Subscribe before serving; there is no unsubscribe: subscribers
  // outlive the database's threads (App stops storage first).
  virtual void subscribe(std::string channel, std::function<void(const Notice&)> receive) = 0;

  [[nodiscard]] virtual Dialect dialect() const = 0;
  // One cheap round trip, for /readyz.
  virtual base::Status ping(base::Mono deadline) = 0;
  // Structural check by the engine itself (SQLite: integrity_check, foreign_key_check); one line a
  // finding, empty when sound.
  virtual base::Result<std::string> check_integrity() = 0;

 protected:
  enum class Mode : std::uint8_t { kRead, kWrite };
  using Body = std::function<base::Status(Transaction&)>;
  virtual base::Status run_body(const Context& context, Mode mode, const Body& body) = 0;

 private:
  template <class R, class F>
  R run(const Context& context, Mode mode, F& fn) {
    std::optional<R> result;
    base::Status status = run_body(context, mode, [&](Transaction& tx) -> base::Status {
      result.emplace(fn(tx));
      return result->ok() ? base::ok_status() : base::Status(result->error());
    });
    if (!status.ok()) return std::move(status).error();
    return std::move(*result);
  }
};

}  // namespace ashlar::storage
