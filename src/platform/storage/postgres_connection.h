// PostgresConnection: one libpq connection in pipeline mode, with its prepared statements.
//
// A round trip is put together with add_…() and made by run(): everything added goes out at once
// and the answers come back in order. One thread at a time. After a failed wait the connection is
// broken and good for nothing but its destructor.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "platform/storage/sql.h"

struct pg_conn;
struct pg_result;

namespace ashlar::base {
class Clock;
}

namespace ashlar::storage {

struct FreePostgresResult {
  void operator()(pg_result* result) const;
};
using PostgresResult = std::unique_ptr<pg_result, FreePostgresResult>;

// Parameters as libpq takes them. Numbers and texts go as text, blobs as bytes: the server then
// reads each by the type that the statement gives it. Borrows texts and blobs.
class PostgresParameters {
 public:
  void add(const Param& param);
  // Where values may move (numbers live in here), pointers are taken late.
  [[nodiscard]] std::vector<const char*> values() const;
  std::vector<int> lengths;
  std::vector<int> formats;
  std::vector<unsigned> types;  // 0: NULL, the server infers

 private:
  struct Value {
    const char* borrowed = nullptr;
    std::string own;  // a number's digits
    bool null = false;
  };
  std::vector<Value> values_;
};

class PostgresConnection {
 public:
  enum class Control : std::uint8_t {
    kBeginWrite,  // SERIALIZABLE
    kBeginReadCommitted,
    kBeginRead,  // one snapshot
    kSetUp,      // role, tenant, statement_timeout in ms: for this transaction
    kCommit,
    kRollback,
    kNotify,  // channel, payload
    kPing,
    kCount,
  };

  // Blocks for at most `timeout`. Errors: kUnavailable storage_unavailable; no password in the
  // detail.
  static base::Result<std::unique_ptr<PostgresConnection>> open(const std::string& url,
                                                                base::Seconds timeout,
                                                                const base::Clock& clock);
  ~PostgresConnection();
  PostgresConnection(const PostgresConnection&) = delete;
  PostgresConnection& operator=(const PostgresConnection&) = delete;

  base::Status add(Control what, std::initializer_list<Param> params = {});
  // `tenant`: bound where the statement mentions :tenant.
  base::Status add(const Sql& sql, std::initializer_list<Param> params, std::int64_t tenant);
  // Sends what was added and waits for all answers. The last one, or the first error among them.
  base::Result<PostgresResult> run(base::Mono give_up_at);

  [[nodiscard]] bool broken() const { return broken_; }
  // The last error was 40001 or 40P01: the transaction may succeed when run again.
  [[nodiscard]] bool serialization_failure() const { return serialization_failure_; }
  // The last error was that of a statement which writes in a transaction that only reads.
  [[nodiscard]] bool wrote_in_read() const { return wrote_in_read_; }

 private:
  struct Statement {
    std::string text;
    const char* source = nullptr;
    int parameters = 0;
    bool mentions_tenant = false;
    std::vector<unsigned> types;  // as seen so far; 0 where only NULL was
    std::string name;
    bool ready = false;  // the server has it by this name and with these types
  };

  PostgresConnection(pg_conn* connection, const base::Clock& clock)
      : connection_(connection), clock_(clock) {}
  base::Status prepare_controls();
  Statement& statement(const Sql& sql);
  base::Status learn_types(Statement& statement, const std::vector<unsigned>& given);
  base::Status send_prepare(Statement& statement);
  base::Status send_execute(const std::string& name, const PostgresParameters& params);
  base::Result<PostgresResult> next_result(base::Mono give_up_at);
  base::Status wait_for_input(base::Mono give_up_at);
  base::Error lost();
  base::Error error_of(const pg_result* result);

  pg_conn* connection_;
  const base::Clock& clock_;
  bool broken_ = false;
  bool serialization_failure_ = false;
  bool wrote_in_read_ = false;
  std::vector<Statement*> sent_;  // one for each step on the way; null: an execution
  std::unordered_map<const Sql*, Statement> statements_;
  std::int64_t last_name_ = 0;
};

}  // namespace ashlar::storage
