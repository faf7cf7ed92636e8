#include "platform/storage/postgres_transaction.h"

#include <libpq-fe.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "base/encoding.h"
#include "platform/storage/statement_rules.h"
#include "platform/storage/transaction_function.h"

namespace ashlar::storage {
namespace {

using Control = PostgresConnection::Control;

// The server ends a statement at its deadline; only one that does not answer at all is given up.
constexpr base::Millis kServerMayBeLate{2000};
constexpr base::Seconds kEndingMayTake{30};

constexpr unsigned kBool = 16;

class PostgresRow final : public Row {
 public:
  explicit PostgresRow(const PGresult* result)
      : result_(result), blobs_(static_cast<std::size_t>(PQnfields(result))) {}

  void move_to(int row) { row_ = row; }

  [[nodiscard]] bool is_null(int column) const override {
    CHECK(column >= 0 && column < PQnfields(result_));
    return PQgetisnull(result_, row_, column) == 1;
  }
  // SQLite has no booleans: there they are integers, so here too.
  [[nodiscard]] std::int64_t integer(int column) const override {
    const std::string_view digits = text(column);
    if (PQftype(result_, column) == kBool) return digits == "t" ? 1 : 0;
    return parsed<std::int64_t>(digits);
  }
  [[nodiscard]] double real(int column) const override { return parsed<double>(text(column)); }
  [[nodiscard]] std::string_view text(int column) const override {
    CHECK(!is_null(column));
    return {PQgetvalue(result_, row_, column),
            static_cast<std::size_t>(PQgetlength(result_, row_, column))};
  }
  [[nodiscard]] std::string_view blob(int column) const override {
    const std::string_view hex = text(column);
    CHECK(hex.starts_with("\\x"));
    auto bytes = base::hex_decode(hex.substr(2));
    CHECK(bytes.has_value());
    std::string& kept = blobs_[static_cast<std::size_t>(column)];
    kept = *std::move(bytes);
    return kept;
  }

 private:
  template <class T>
  static T parsed(std::string_view digits) {
    T value{};
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    CHECK(read.ec == std::errc() && read.ptr == digits.data() + digits.size());
    return value;
  }

  const PGresult* result_;
  int row_ = 0;
  mutable std::vector<std::string> blobs_;  // decoded for the current row
};

}  // namespace

std::string pack_notice(std::string_view sender, const OutgoingNotice& notice) {
  return std::string(sender).append(":").append(notice.channel).append(":").append(notice.payload);
}

std::optional<UnpackedNotice> unpack_notice(std::string_view text) {
  const std::size_t first = text.find(':');
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = text.find(':', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  return UnpackedNotice{.sender = text.substr(0, first),
                        .channel = text.substr(first + 1, second - first - 1),
                        .payload = text.substr(second + 1)};
}

PostgresTransaction::PostgresTransaction(PostgresConnection& connection, const Context& context,
                                         Mode mode, base::Millis statement_timeout,
                                         std::string sender, const base::Clock& clock)
    : connection_(connection),
      context_(context),
      mode_(mode),
      statement_timeout_(statement_timeout),
      sender_(std::move(sender)),
      clock_(clock) {}

base::Error PostgresTransaction::doom(base::Error error) {
  if (!failure_.has_value()) {
    failure_ = error;
    // A lost connection before COMMIT took the transaction with it.
    may_run_again_ = connection_.serialization_failure() ||
                     (connection_.broken() && error.code == base::Code::kUnavailable);
  }
  return error;
}

std::optional<base::Error> PostgresTransaction::too_late() const {
  const auto deadline = context_.deadline();
  if (!deadline.has_value() || clock_.mono() < *deadline) return std::nullopt;
  return base::fail(base::Code::kDeadline, "storage_deadline",
                    "the deadline passed within the transaction");
}

base::Mono PostgresTransaction::give_up_at() const {
  return context_.deadline().value_or(clock_.mono() + statement_timeout_) + kServerMayBeLate;
}

base::Status PostgresTransaction::add_begin() {
  begun_ = true;
  base::Millis timeout = statement_timeout_;
  if (const auto deadline = context_.deadline()) {
    timeout = std::max(base::Millis{1}, std::chrono::ceil<base::Millis>(*deadline - clock_.mono()));
  }
  const bool tenant = context_.is_tenant();
  const std::string tenant_id = tenant ? context_.tenant_id().to_string() : "";
  const std::string milliseconds = std::to_string(timeout.count());
  const auto begin = mode_ == Mode::kRead ? Control::kBeginRead
                     : context_.isolation() == Isolation::kReadCommitted
                         ? Control::kBeginReadCommitted
                         : Control::kBeginWrite;
  ASHLAR_TRY(connection_.add(begin));
  return connection_.add(Control::kSetUp,
                         {std::string_view(tenant ? "ashlar_app" : "ashlar_platform"),
                          std::string_view(tenant_id), std::string_view(milliseconds)});
}

base::Result<PostgresResult> PostgresTransaction::ask(const Sql& sql,
                                                      std::initializer_list<Param> params) {
  check_audience(sql, context_);
  if (failure_.has_value()) return *failure_;
  base::Status fit = check_parameters(params);
  if (!fit.ok()) return doom(std::move(fit).error());
  if (auto late = too_late()) return doom(*std::move(late));
  if (!begun_) {
    base::Status begun = add_begin();
    if (!begun.ok()) return doom(std::move(begun).error());
  }
  base::Status added = connection_.add(sql, params, context_.tenant_id().value);
  if (!added.ok()) return doom(std::move(added).error());
  base::Result<PostgresResult> answer = connection_.run(give_up_at());
  if (answer.ok()) return answer;
  if (mode_ == Mode::kRead && connection_.wrote_in_read()) {
    statement_misuse(sql, "a statement that writes, inside read()");
  }
  return doom(std::move(answer).error());
}

base::Result<std::int64_t> PostgresTransaction::execute(const Sql& sql,
                                                        std::initializer_list<Param> params) {
  ASHLAR_ASSIGN(const PostgresResult result, ask(sql, params));
  if (PQnfields(result.get()) != 0) {
    statement_misuse(sql, "a statement with an answer is a query");
  }
  const std::string_view changed = PQcmdTuples(result.get());
  std::int64_t rows = 0;
  std::from_chars(changed.data(), changed.data() + changed.size(), rows);
  return rows;
}

base::Result<std::int64_t> PostgresTransaction::query(const Sql& sql,
                                                      std::initializer_list<Param> params,
                                                      const RowSink& sink) {
  ASHLAR_ASSIGN(const PostgresResult result, ask(sql, params));
  if (PQnfields(result.get()) == 0) {
    statement_misuse(sql, "a statement without an answer is executed");
  }
  PostgresRow row(result.get());
  const int rows = PQntuples(result.get());
  for (int i = 0; i < rows; ++i) {
    row.move_to(i);
    sink(row);
  }
  return std::int64_t{rows};
}

void PostgresTransaction::on_commit(std::function<void()> run) {
  on_commit_.push_back(std::move(run));
}

void PostgresTransaction::notify(std::string_view channel, std::string_view payload) {
  CHECK(mode_ == Mode::kWrite);
  notices_.push_back(make_notice(channel, payload));
}

base::Status PostgresTransaction::run(const std::function<base::Status(Transaction&)>& body) {
  base::Status status = call_transaction_function(body, *this);
  if (status.ok() && failure_.has_value()) status = *failure_;
  if (status.ok()) return commit();
  roll_back();
  return status;
}

base::Status PostgresTransaction::commit() {
  if (!begun_ && notices_.empty()) return base::ok_status();
  if (auto late = too_late()) {
    roll_back();
    return *std::move(late);
  }
  base::Status added = begun_ ? base::ok_status() : add_begin();
  for (const OutgoingNotice& notice : notices_) {
    if (!added.ok()) break;
    const std::string packed = pack_notice(sender_, notice);
    added = connection_.add(Control::kNotify,
                            {std::string_view(kPostgresChannel), std::string_view(packed)});
  }
  if (added.ok()) added = connection_.add(Control::kCommit);
  if (!added.ok()) return doom(std::move(added).error());
  const base::Mono started = clock_.mono();
  base::Result<PostgresResult> answer = connection_.run(started + kEndingMayTake);
  commit_time_ = clock_.mono() - started;
  if (answer.ok()) {
    // COMMIT of a transaction that the server had given up answers ROLLBACK, without an error.
    if (std::string_view(PQcmdStatus(answer->get())) == "COMMIT") return base::ok_status();
    return base::fail(base::Code::kInternal, "storage_error", "PostgreSQL rolled back at COMMIT");
  }
  may_run_again_ = connection_.serialization_failure();
  if (!connection_.broken()) {
    roll_back();
    return std::move(answer).error();
  }
  outcome_unknown_ = true;
  base::Error unknown = std::move(answer).error();
  unknown.detail = "during COMMIT, so whether the change was made is not known: " + unknown.detail;
  return unknown;
}

void PostgresTransaction::roll_back() {
  if (!begun_ || connection_.broken()) return;
  // When it fails the connection is broken, and its end rolls back.
  const bool again = may_run_again_;
  if (!connection_.add(Control::kRollback).ok()) return;
  const auto undone = connection_.run(clock_.mono() + kEndingMayTake);
  may_run_again_ = again && (undone.ok() || connection_.broken());
}

}  // namespace ashlar::storage
