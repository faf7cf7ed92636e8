// PostgresTransaction: what a transaction function sees of a connection.
//
//   (not begun) --first statement: BEGIN, role, tenant and the statement in one round trip-->
//   [open] [open] --commit(): notices and COMMIT in one round trip--> [durable] [open]
//   --roll_back()--> [undone]      a failed statement: [doomed], which only roll_back() leaves
//
// A function that asks nothing of the database costs no round trip.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "platform/storage/database.h"
#include "platform/storage/notice_board.h"
#include "platform/storage/postgres_connection.h"

namespace ashlar::storage {

// How a notice is written on the one channel that all processes listen to: who sent it
// (notice_sender.h), its channel, its payload. Pure.
inline constexpr const char* kPostgresChannel = "ashlar";
std::string pack_notice(std::string_view sender, const OutgoingNotice& notice);
struct UnpackedNotice {
  std::string_view sender;
  std::string_view channel;
  std::string_view payload;
};
std::optional<UnpackedNotice> unpack_notice(std::string_view text);

class PostgresTransaction final : public Transaction {
 public:
  enum class Mode : std::uint8_t { kRead, kWrite };

  // All outlive it. Without a deadline in the context each statement has `statement_timeout`.
  PostgresTransaction(PostgresConnection& connection, const Context& context, Mode mode,
                      base::Millis statement_timeout, std::string sender, const base::Clock& clock);

  base::Result<std::int64_t> execute(const Sql& sql, std::initializer_list<Param> params) override;
  base::Result<std::int64_t> query(const Sql& sql, std::initializer_list<Param> params,
                                   const RowSink& sink) override;
  void on_commit(std::function<void()> run) override;
  void notify(std::string_view channel, std::string_view payload) override;
  [[nodiscard]] const Context& context() const override { return context_; }

  // Runs the function and ends the transaction.
  base::Status run(const std::function<base::Status(Transaction&)>& body);

  // After run() has failed: nothing of it is in the database, and another run may succeed.
  [[nodiscard]] bool may_run_again() const { return may_run_again_; }
  // After run() has failed: COMMIT was sent and no answer came. It may even come about later.
  [[nodiscard]] bool outcome_unknown() const { return outcome_unknown_; }
  [[nodiscard]] std::chrono::duration<double> commit_time() const { return commit_time_; }
  std::vector<std::function<void()>> take_on_commit() { return std::move(on_commit_); }
  std::vector<OutgoingNotice> take_notices() { return std::move(notices_); }

 private:
  base::Result<PostgresResult> ask(const Sql& sql, std::initializer_list<Param> params);
  base::Status add_begin();
  base::Status commit();
  void roll_back();
  [[nodiscard]] std::optional<base::Error> too_late() const;
  [[nodiscard]] base::Mono give_up_at() const;
  base::Error doom(base::Error error);

  PostgresConnection& connection_;
  const Context& context_;
  const Mode mode_;
  const base::Millis statement_timeout_;
  const std::string sender_;
  const base::Clock& clock_;
  bool begun_ = false;
  bool may_run_again_ = false;
  bool outcome_unknown_ = false;
  std::chrono::duration<double> commit_time_{};
  std::optional<base::Error> failure_;
  std::vector<std::function<void()>> on_commit_;
  std::vector<OutgoingNotice> notices_;
};

}  // namespace ashlar::storage
