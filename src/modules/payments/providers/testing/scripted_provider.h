// ScriptedProvider: answers as a test says, at once or when the test lets it, and remembers what it
// was asked.
#pragma once

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "modules/payments/providers/provider.h"

namespace ashlar::payments {

class ScriptedProvider final : public Provider {
 public:
  explicit ScriptedProvider(std::string name) : name_(std::move(name)) {}

  [[nodiscard]] std::string_view name() const override { return name_; }
  void submit(ProviderCall call, Done done) override { take(std::move(call), std::move(done)); }
  void query(ProviderCall call, Done done) override { take(std::move(call), std::move(done)); }
  base::Result<std::vector<ProviderNotice>> read_webhook(std::string_view /*body*/,
                                                         const Headers& /*headers*/) override {
    return std::vector<ProviderNotice>{};
  }
  [[nodiscard]] base::Seconds remembers() const override { return base::Seconds{60}; }
  [[nodiscard]] bool takes(std::string_view token) const override {
    return prefix.empty() || token.starts_with(prefix);
  }

  // Those that wait are answered.
  void let_go() {
    std::deque<Done> waiting;
    waiting.swap(waiting_);
    for (Done& done : waiting) answer(done);
  }

  ProviderEnd end = ProviderEnd::kApplied;
  bool waits = false;
  std::string prefix;  // of the tokens that it takes
  std::vector<ProviderCall> asked;

 private:
  void take(ProviderCall call, Done done) {
    asked.push_back(std::move(call));
    if (waits) return waiting_.push_back(std::move(done));
    answer(done);
  }
  void answer(const Done& done) const {
    ProviderAnswer answer;
    answer.end = end;
    done(std::move(answer));
  }

  const std::string name_;
  std::deque<Done> waiting_;
};

}  // namespace ashlar::payments
