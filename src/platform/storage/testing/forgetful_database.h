// ForgetfulDatabase: a database whose connection breaks during COMMIT on demand: the change is
// made, and the answer is an error. And one that does not answer reads.
#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "platform/storage/database.h"

namespace ashlar::storage {

class ForgetfulDatabase final : public Database {
 public:
  explicit ForgetfulDatabase(std::unique_ptr<Database> inner) : inner_(std::move(inner)) {}

  // The next write() commits and says storage_unavailable.
  void forget_next() { forget_ = true; }
  // So many say storage_unavailable. Any thread.
  void fail_reads(int count) { reads_to_fail_ = count; }
  [[nodiscard]] int reads_to_fail() const { return std::max(0, reads_to_fail_.load()); }

  void subscribe(std::string channel, std::function<void(const Notice&)> receive) override {
    inner_->subscribe(std::move(channel), std::move(receive));
  }
  [[nodiscard]] Dialect dialect() const override { return inner_->dialect(); }
  base::Status ping(base::Mono deadline) override { return inner_->ping(deadline); }
  base::Result<std::string> check_integrity() override { return inner_->check_integrity(); }

 protected:
  base::Status run_body(const Context& context, Mode mode, const Body& body) override {
    if (mode == Mode::kRead && reads_to_fail_.fetch_sub(1) > 0) {
      return base::fail(base::Code::kUnavailable, "storage_unavailable", "no answer");
    }
    if (mode == Mode::kRead) return inner_->read(context, body);
    base::Status done = inner_->write(context, body);
    if (!done.ok() || !std::exchange(forget_, false)) return done;
    return base::fail(base::Code::kUnavailable, "storage_unavailable", "lost during COMMIT");
  }

 private:
  const std::unique_ptr<Database> inner_;
  bool forget_ = false;
  std::atomic<int> reads_to_fail_{0};
};

}  // namespace ashlar::storage
