// SimProvider: an acquirer with a memory of its own, driven by hand: what it was asked arrives when
// the simulation says so, answers go the same way, and some of both get lost. It knows the truth
// that the auditor holds the books against.
//
// What no acquirer would do it does not do either; being asked for such a thing (more than was
// authorised, twice the same reference with another meaning) is a finding against whoever asked.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "modules/payments/providers/provider.h"

namespace ashlar::sim {

using payments::NoticeKind;
using payments::ProviderAnswer;
using payments::ProviderCall;
using payments::ProviderEnd;
using payments::ProviderNotice;
using payments::ProviderOp;

struct Rates {  // in a thousand
  int not_done = 40, call_lost = 50, answer_lost = 80, late = 40, declined = 80, needs_action = 50,
      pending = 100, query_fails = 150;
  int disputed = 120, refund_fails_later = 80, notice_twice = 250;
  static Rates calm() { return {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}; }
};

// What the acquirer knows of one card charge.
struct SimCharge {
  std::string payment;  // "pay_…", by its key
  std::string currency;
  std::int64_t authorized = 0, captured = 0, refunded = 0, fees = 0;
  bool asking = false, capture_at_once = false, released = false, declined = false;
};
struct SimDispute {
  std::string charge;
  std::int64_t amount = 0, fee = 0;
  enum class State { kOpen, kWon, kLost } state = State::kOpen;
};
struct SimRefund {
  std::string charge;
  std::int64_t amount = 0;
  enum class State { kPending, kDone, kFailed } state = State::kDone;
};

class SimProvider final : public payments::Provider {
 public:
  static constexpr std::int64_t kDisputeFee = 1500;

  // `clock`, `random` and `findings` are the simulation's and outlive the acquirer. `run`: what
  // tells this acquirer's references from those of other runs on the same database.
  SimProvider(std::string name, std::uint64_t run, const base::ManualClock& clock,
              base::Random& random, std::vector<std::string>& findings);

  Rates rates;
  std::map<std::string, SimCharge> charges;  // by reference
  std::map<std::string, SimRefund> refunds;
  std::map<std::string, SimDispute> disputes;
  std::map<std::string, ProviderAnswer> known;  // by key
  std::int64_t submitted = 0;

  [[nodiscard]] std::string_view name() const override { return name_; }
  [[nodiscard]] base::Seconds remembers() const override { return base::Seconds{24 * 3600}; }
  [[nodiscard]] base::Seconds settles_after() const override { return base::Seconds{5}; }
  base::Result<std::vector<ProviderNotice>> read_webhook(std::string_view,
                                                         const Headers&) override {
    return std::vector<ProviderNotice>{};
  }

  void submit(ProviderCall call, Done done) override;
  void query(ProviderCall call, Done done) override;

  [[nodiscard]] bool has_work() const { return !ways_.empty(); }
  [[nodiscard]] bool has_late() const { return !late_.empty(); }
  [[nodiscard]] bool has_notices() const { return !notices_.empty(); }

  // One thing of those under way goes on. What is heard is told by `heard` before it is given on.
  void step(
      const std::function<void(const ProviderCall&, const ProviderAnswer&, bool query)>& heard);
  // Late calls that are due by the clock are done; nobody hears their answers.
  void arrive_late();
  // The process that asked is dead: its calls go on without anybody who listens. Returns the
  // listeners, who have not been told anything.
  std::vector<Done> orphan();

  // --- By itself, one thing a time; nothing where there is nothing of the kind.
  void open_dispute();
  void end_dispute();
  void end_refund();
  void customer_answers();
  // A notice to be given on, where has_notices(); some come twice.
  ProviderNotice take_notice();
  // It was not taken, and is told again.
  void keep_notice(ProviderNotice notice) { notices_.push_back(std::move(notice)); }

 private:
  // Thrown when a call is submitted; whatever has not arrived in 4.5 s is lost, so that
  // settles_after() holds.
  enum class Fate { kServed, kNotDone, kCallLost, kAnswerLost, kLate, kQuery };
  struct Way {  // a call under way
    ProviderCall call;
    Done done;
    Fate fate = Fate::kServed;
    bool arrived = false;
    base::Mono since{};
    base::Time arrives_at{};
    ProviderAnswer answer{};
  };

  bool hits(int in_a_thousand) { return static_cast<int>(random_.below(1000)) < in_a_thousand; }
  Fate fate();
  void finding(std::string text);
  [[nodiscard]] std::int64_t pending_refunds(const std::string& charge) const;
  std::string key_of(const std::string& reference) const;
  void tell(NoticeKind kind, std::string key, std::string reference, std::string about,
            std::int64_t amount, std::int64_t fee, std::string currency, std::string reason);
  void authorize(SimCharge& charge, const std::string& reference, ProviderAnswer& answer);

  ProviderAnswer asked(const ProviderCall& call);
  // The call is read and done, or answered as before.
  ProviderAnswer arrive(const ProviderCall& call);
  void arrive_authorize(const ProviderCall& call, ProviderAnswer& answer);
  SimCharge* charge_of(const ProviderCall& call);
  void arrive_capture(const ProviderCall& call, ProviderAnswer& answer);
  void arrive_cancel(const ProviderCall& call, ProviderAnswer& answer);
  void arrive_refund(const ProviderCall& call, ProviderAnswer& answer);

  const std::string name_, prefix_;
  const base::ManualClock& clock_;
  base::Random& random_;
  std::vector<std::string>& findings_;
  std::deque<Way> ways_;
  std::vector<Way> late_;
  std::vector<ProviderNotice> notices_;
  base::TenantId tenant_;
  std::int64_t numbers_ = 0;
};

}  // namespace ashlar::sim
