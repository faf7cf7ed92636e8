// StumblingDatabase: passes on to another, except that reads or writes are refused, or answers of
// writes get lost, when the test says so.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "platform/storage/database.h"

namespace ashlar::sagas {

class StumblingDatabase final : public storage::Database {
 public:
  explicit StumblingDatabase(storage::Database& inner) : inner_(inner) {}

  int refuse_reads = 0;
  int refuse_writes = 0;  // the next so many do not happen
  int lose_answers = 0;   // the next so many happen, and nobody hears of it

  void subscribe(std::string channel, std::function<void(const Notice&)> receive) override {
    inner_.subscribe(std::move(channel), std::move(receive));
  }
  [[nodiscard]] storage::Dialect dialect() const override { return inner_.dialect(); }
  base::Status ping(base::Mono deadline) override { return inner_.ping(deadline); }
  base::Result<std::string> check_integrity() override { return inner_.check_integrity(); }

 protected:
  base::Status run_body(const storage::Context& context, Mode mode, const Body& body) override {
    const auto pass = [&](storage::Transaction& tx) { return body(tx); };
    if (mode == Mode::kRead && refuse_reads > 0) return stumble(refuse_reads);
    if (mode == Mode::kRead) return inner_.read(context, pass);
    if (refuse_writes > 0) return stumble(refuse_writes);
    base::Status status = inner_.write(context, pass);
    return status.ok() && lose_answers > 0 ? stumble(lose_answers) : status;
  }

 private:
  static base::Error stumble(int& left) {
    --left;
    return base::fail(base::Code::kUnavailable, "storage_unavailable", "a fault of the test");
  }
  storage::Database& inner_;
};

}  // namespace ashlar::sagas
