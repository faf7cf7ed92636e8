#include "platform/storage/postgres_connection.h"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "platform/storage/database.h"
#include "platform/storage/postgres_error.h"
#include "platform/storage/postgres_link.h"
#include "platform/storage/statement_rules.h"

namespace ashlar::storage {
namespace {

// Types of parameters, as numbered in pg_type.
constexpr unsigned kUnknown = 0;
constexpr unsigned kBytea = 17;
constexpr unsigned kInt8 = 20;
constexpr unsigned kText = 25;
constexpr unsigned kFloat8 = 701;

struct ControlText {
  const char* name;
  const char* text;
};
constexpr std::array<ControlText, static_cast<std::size_t>(PostgresConnection::Control::kCount)>
    kControls{{
        {"ashlar_begin_write", "BEGIN ISOLATION LEVEL SERIALIZABLE"},
        {"ashlar_begin_read_committed", "BEGIN ISOLATION LEVEL READ COMMITTED"},
        {"ashlar_begin_read", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"},
        {"ashlar_set_up",
         "SELECT set_config('role', $1, true), set_config('app.tenant_id', $2, true),"
         " set_config('statement_timeout', $3, true)"},
        {"ashlar_commit", "COMMIT"},
        {"ashlar_rollback", "ROLLBACK"},
        {"ashlar_notify", "SELECT pg_notify($1, $2)"},
        {"ashlar_ping", "SELECT 1"},
    }};

// A transaction that its function forgot must not hold back the clean-up of the whole database. On
// a young table the planner's guesses are high enough for JIT, which compiles for 100 ms, at each
// execution, what runs for one.
constexpr const char* kSession =
    "SET idle_in_transaction_session_timeout = '60s'; SET client_min_messages = warning;"
    "SET jit = off;"
    "SET default_transaction_isolation = 'serializable'";

}  // namespace

void FreePostgresResult::operator()(pg_result* result) const { PQclear(result); }

void PostgresParameters::add(const Param& param) {
  Value value;
  std::size_t length = 0;
  int format = 0;
  unsigned type = kUnknown;
  if (const auto* integer = std::get_if<std::int64_t>(&param)) {
    value.own = std::to_string(*integer);
    type = kInt8;
  } else if (const auto* real = std::get_if<double>(&param)) {
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size() - 1, *real);
    value.own.assign(digits.data(), end.ptr);
    type = kFloat8;
  } else if (const auto* text = std::get_if<std::string_view>(&param)) {
    // libpq takes a text up to its NUL byte, which a view does not have.
    value.borrowed = text->empty() ? "" : text->data();
    length = text->size();
    format = 1;  // a text's bytes are the same in both formats; this one has a length
    type = kText;
  } else if (const auto* blob = std::get_if<Blob>(&param)) {
    value.borrowed = blob->bytes.empty() ? "" : blob->bytes.data();
    length = blob->bytes.size();
    format = 1;
    type = kBytea;
  } else {
    value.null = true;
  }
  values_.push_back(std::move(value));
  lengths.push_back(static_cast<int>(length));
  formats.push_back(format);
  types.push_back(type);
}

std::vector<const char*> PostgresParameters::values() const {
  std::vector<const char*> pointers;
  pointers.reserve(values_.size());
  for (const Value& value : values_) {
    const char* bytes = value.borrowed != nullptr ? value.borrowed : value.own.c_str();
    pointers.push_back(value.null ? nullptr : bytes);
  }
  return pointers;
}

base::Result<std::unique_ptr<PostgresConnection>> PostgresConnection::open(
    const std::string& url, base::Seconds timeout, const base::Clock& clock) {
  ASHLAR_ASSIGN(PostgresLink link, connect_postgres(url, timeout));
  ASHLAR_TRY(execute_postgres(link.get(), kSession));
  std::unique_ptr<PostgresConnection> connection(new PostgresConnection(link.release(), clock));
  pg_conn* raw = connection->connection_;
  if (PQsetnonblocking(raw, 1) != 0 || PQenterPipelineMode(raw) != 1) return connection->lost();
  ASHLAR_TRY(connection->prepare_controls());
  ASHLAR_TRY(connection->run(clock.mono() + timeout));
  return connection;
}

PostgresConnection::~PostgresConnection() { PQfinish(connection_); }

base::Status PostgresConnection::prepare_controls() {
  for (const ControlText& control : kControls) {
    if (PQsendPrepare(connection_, control.name, control.text, 0, nullptr) != 1) return lost();
    sent_.push_back(nullptr);
  }
  return base::ok_status();
}

base::Status PostgresConnection::add(Control what, std::initializer_list<Param> params) {
  PostgresParameters bound;
  for (const Param& param : params) bound.add(param);
  return send_execute(kControls[static_cast<std::size_t>(what)].name, bound);
}

PostgresConnection::Statement& PostgresConnection::statement(const Sql& sql) {
  const auto found = statements_.find(&sql);
  if (found != statements_.end()) {
    if (found->second.source != sql.text.data()) {
      statement_misuse(sql, "an Sql needs static storage duration");
    }
    return found->second;
  }
  base::Result<EngineText> text = engine_text(sql, Dialect::kPostgres);
  if (!text.ok()) statement_misuse(sql, text.error().detail);
  Statement& made = statements_[&sql];
  made.text = std::move(text->text);
  made.source = sql.text.data();
  made.parameters = text->parameters;
  made.mentions_tenant = text->mentions_tenant;
  return made;
}

// NULL fits any type. The statement is prepared anew when a parameter is first seen with a value:
// at most once for each, so what that leaves on the server is bounded.
base::Status PostgresConnection::learn_types(Statement& statement,
                                             const std::vector<unsigned>& given) {
  bool learned = statement.name.empty();
  statement.types.resize(given.size(), kUnknown);
  for (std::size_t i = 0; i < given.size(); ++i) {
    if (given[i] == kUnknown || given[i] == statement.types[i]) continue;
    if (statement.types[i] != kUnknown) {
      return base::fail(base::Code::kInternal, "storage_error",
                        "parameter " + std::to_string(i + 1) + " was of another type before");
    }
    statement.types[i] = given[i];
    learned = true;
  }
  if (!learned) return base::ok_status();
  statement.name = "ashlar_" + std::to_string(++last_name_);
  statement.ready = false;
  return base::ok_status();
}

base::Status PostgresConnection::add(const Sql& sql, std::initializer_list<Param> params,
                                     std::int64_t tenant) {
  Statement& found = statement(sql);
  if (static_cast<int>(params.size()) != found.parameters) {
    statement_misuse(sql, "as many parameters as the statement has");
  }
  PostgresParameters bound;
  for (const Param& param : params) bound.add(param);
  if (found.mentions_tenant) bound.add(Param(tenant));
  ASHLAR_TRY(learn_types(found, bound.types));
  if (!found.ready) ASHLAR_TRY(send_prepare(found));
  return send_execute(found.name, bound);
}

base::Status PostgresConnection::send_prepare(Statement& statement) {
  const int sent = PQsendPrepare(connection_, statement.name.c_str(), statement.text.c_str(),
                                 static_cast<int>(statement.types.size()), statement.types.data());
  if (sent != 1) return lost();
  sent_.push_back(&statement);
  return base::ok_status();
}

base::Status PostgresConnection::send_execute(const std::string& name,
                                              const PostgresParameters& params) {
  const std::vector<const char*> values = params.values();
  const int sent =
      PQsendQueryPrepared(connection_, name.c_str(), static_cast<int>(values.size()), values.data(),
                          params.lengths.data(), params.formats.data(), 0);
  if (sent != 1) return lost();
  sent_.push_back(nullptr);
  return base::ok_status();
}

base::Result<PostgresResult> PostgresConnection::run(base::Mono give_up_at) {
  serialization_failure_ = false;
  wrote_in_read_ = false;
  if (broken_ || PQpipelineSync(connection_) != 1) return lost();
  PostgresResult last;
  std::optional<base::Error> failure;
  for (Statement* prepared : std::exchange(sent_, {})) {
    ASHLAR_ASSIGN(PostgresResult result, next_result(give_up_at));
    const ExecStatusType status = PQresultStatus(result.get());
    const bool good = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    if (!good && !failure.has_value()) failure = error_of(result.get());
    if (good && prepared != nullptr) prepared->ready = true;
    last = std::move(result);
    ASHLAR_ASSIGN(const PostgresResult end, next_result(give_up_at));
    if (end != nullptr) return lost();
  }
  ASHLAR_ASSIGN(const PostgresResult sync, next_result(give_up_at));
  if (sync == nullptr || PQresultStatus(sync.get()) != PGRES_PIPELINE_SYNC) return lost();
  if (failure.has_value()) return *std::move(failure);
  return last;
}

base::Result<PostgresResult> PostgresConnection::next_result(base::Mono give_up_at) {
  while (PQisBusy(connection_) != 0) ASHLAR_TRY(wait_for_input(give_up_at));
  return PostgresResult(PQgetResult(connection_));
}

base::Status PostgresConnection::wait_for_input(base::Mono give_up_at) {
  const int unsent = PQflush(connection_);
  if (unsent < 0) return lost();
  const auto left = std::chrono::ceil<base::Millis>(give_up_at - clock_.mono());
  pollfd waiting{PQsocket(connection_), static_cast<short>(unsent == 1 ? POLLIN | POLLOUT : POLLIN),
                 0};
  const int ready =
      ::poll(&waiting, 1, static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 3'600'000)));
  if (ready < 0 && errno == EINTR) return base::ok_status();
  if (ready == 0) {
    broken_ = true;
    return base::fail(base::Code::kDeadline, "storage_deadline",
                      "the database did not answer in time");
  }
  if (ready < 0 || PQconsumeInput(connection_) != 1) return lost();
  return base::ok_status();
}

base::Error PostgresConnection::lost() {
  broken_ = true;
  return base::fail(base::Code::kUnavailable, "storage_unavailable",
                    "the connection to PostgreSQL was lost: " + postgres_message(connection_));
}

base::Error PostgresConnection::error_of(const pg_result* result) {
  if (PQstatus(connection_) == CONNECTION_BAD) return lost();
  const std::string_view state = sql_state(result);
  serialization_failure_ = state == "40001" || state == "40P01";
  wrote_in_read_ = state == "25006";
  // 57P0x: the server ends this session. What follows would only say so again.
  if (state.starts_with("57P")) broken_ = true;
  return postgres_error(result);
}

}  // namespace ashlar::storage
