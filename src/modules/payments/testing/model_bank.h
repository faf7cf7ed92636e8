// ModelBank: a provider as a test wants it: it does each key once, moves its own money, and what
// becomes of each call is said beforehand. Answers come at once, or when the test lets them.
// One thread.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "modules/payments/providers/provider.h"

namespace ashlar::payments {

class ModelBank final : public Provider {
 public:
  explicit ModelBank(std::string name) : name_(std::move(name)) {}

  enum class Fate : std::uint8_t {
    kDone,     // applied, and answered
    kLost,     // applied; the answer never comes: unknown
    kNever,    // not applied, and nobody knows: unknown
    kRefused,  // certainly not applied
    kDeclined,
    kPending,
    kAction,
    kHangs,     // applied; the answer waits for let_go()
    kHangsOut,  // waits for let_go() before anything is applied
  };
  // Of the calls to come, in their order; then kDone.
  std::deque<Fate> fates;
  Fate default_fate = Fate::kDone;

  [[nodiscard]] std::string_view name() const override { return name_; }

  void submit(ProviderCall call, Done done) override {
    sent.push_back(call.key);
    const auto known = book_.find(call.key);
    if (known != book_.end()) return done(known->second);
    Fate fate = default_fate;
    if (!fates.empty()) {
      fate = fates.front();
      fates.pop_front();
    }
    switch (fate) {
      case Fate::kHangs:
        apply(call);
        waiting_.emplace_back([this, call, done] { done(book_.at(call.key)); });
        return;
      case Fate::kHangsOut:
        waiting_.emplace_back([this, call, done] { done(apply(call)); });
        return;
      case Fate::kLost:
        apply(call);
        return done(ProviderAnswer{});
      case Fate::kNever:
        return done(ProviderAnswer{});
      case Fate::kRefused:
        return done(end(ProviderEnd::kNotDone));
      case Fate::kDeclined:
        return done(keep(call, declined()));
      case Fate::kPending:
        return done(keep(call, pending(call)));
      case Fate::kAction:
        return done(keep(call, action()));
      case Fate::kDone:
        break;
    }
    done(apply(call));
  }

  void query(ProviderCall call, Done done) override {
    asked.push_back(call.key);
    if (silent) return done(ProviderAnswer{});
    const auto known = book_.find(call.key);
    done(known == book_.end() ? end(ProviderEnd::kNotDone) : known->second);
  }

  base::Result<std::vector<ProviderNotice>> read_webhook(std::string_view /*body*/,
                                                         const Headers& /*headers*/) override {
    return std::vector<ProviderNotice>{};
  }
  [[nodiscard]] base::Seconds remembers() const override { return base::Seconds{24 * 3600}; }

  // What waits is answered, in its order; what died is not.
  void let_go() {
    std::deque<std::function<void()>> waiting;
    waiting.swap(waiting_);
    for (const auto& one : waiting) one();
  }
  void forget_waiting() { waiting_.clear(); }

  // The customer, or the bank, decides later.
  void settle(const std::string& key, ProviderEnd how) {
    ProviderAnswer& answer = book_.at(key);
    answer.end = how;
    if (how == ProviderEnd::kApplied) moved[key] += answer.amount;
    if (how == ProviderEnd::kDeclined) answer.decline_code = "authentication_failed";
  }

  std::vector<std::string> sent, asked;
  std::map<std::string, std::int64_t> moved;  // by key: money, each time that it was moved
  bool silent = false;                        // queries are not answered
  std::int64_t fee = 3;

  [[nodiscard]] const ProviderAnswer& answer_to(const std::string& key) const {
    return book_.at(key);
  }

 private:
  static ProviderAnswer end(ProviderEnd how) {
    ProviderAnswer answer;
    answer.end = how;
    return answer;
  }
  static ProviderAnswer declined() {
    ProviderAnswer answer = end(ProviderEnd::kDeclined);
    answer.decline_code = "insufficient_funds";
    answer.message = "Your card has insufficient funds.";
    return answer;
  }
  ProviderAnswer pending(const ProviderCall& call) {
    ProviderAnswer answer = applied(call);
    answer.end = ProviderEnd::kPending;
    return answer;
  }
  ProviderAnswer action() {
    ProviderAnswer answer = end(ProviderEnd::kNeedsAction);
    answer.reference = name_ + "-" + std::to_string(++made_);
    answer.action_url = "http://bank.test/authenticate";
    return answer;
  }
  ProviderAnswer applied(const ProviderCall& call) {
    ProviderAnswer answer = end(ProviderEnd::kApplied);
    answer.reference = name_ + "-" + std::to_string(++made_);
    answer.amount = call.amount;
    answer.network = "visa";
    answer.last4 = "4242";
    const bool captures = call.op == ProviderOp::kCapture || call.capture;
    if (captures) answer.fee = fee;
    if (call.capture) answer.capture_reference = name_ + "-" + std::to_string(++made_);
    return answer;
  }
  ProviderAnswer keep(const ProviderCall& call, ProviderAnswer answer) {
    if (answer.end == ProviderEnd::kNeedsAction) answer.amount = call.amount;
    book_[call.key] = answer;
    return answer;
  }
  ProviderAnswer apply(const ProviderCall& call) {
    moved[call.key] += call.amount;
    return keep(call, applied(call));
  }

  const std::string name_;
  std::map<std::string, ProviderAnswer> book_;
  std::deque<std::function<void()>> waiting_;
  std::int64_t made_ = 0;
};

}  // namespace ashlar::payments
