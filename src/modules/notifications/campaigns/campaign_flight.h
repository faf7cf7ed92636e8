// CampaignFlight: one of a campaign's audience on its way to one channel: one address, or a user's
// devices, in waves: a wave goes to one provider, and the next begins when all of it is answered.
//
//   wanted ── which parts next, by whom ──> leases ──> launched ──> answered … ─┬─> wanted again
//      ^                                                                       │    (elsewhere, or
//      └───────────────────────────────────────────────────────────────────────┘    other devices)
//                                                                              └─> ended: result
//
// Promises
//  1. Another provider is asked only where all that were asked have certainly failed: never for a
//     device beside one that has it, or may have it.
//  2. Where it begins in doubt, the provider of that attempt is asked and no other (by devices: of
//     its platform; those of platforms before it were answered then, or count as lost).
//  3. The result is the luckiest part's: sent, else in doubt, else again later, else failed.
// Platforms are asked in the order of their numbers, so that (2) can tell what came before.
//
// Pure but for the chance given. Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "modules/notifications/device.h"
#include "modules/notifications/send_plan.h"

namespace ashlar::notifications {

class CampaignFlight {
 public:
  struct Part {
    Target target;
    std::string type;    // of the provider: a device's platform; empty: any
    std::string domain;  // mail: of the receiver
    std::int64_t device = 0;
  };
  struct Start {
    Channel channel = Channel::kEmail;
    std::vector<Part> parts;  // not empty, by type
    bool in_doubt = false;
    ProviderId provider;      // in_doubt: who made the attempt
    std::int64_t rounds = 0;  // before this one
    base::Time since{};       // when it was to go first
    std::optional<base::Time> expires_at{};
  };
  explicit CampaignFlight(Start start);

  // The parts that go next, all of one type; empty: it has ended. REQUIRES: !is_waiting().
  [[nodiscard]] std::vector<std::size_t> wanted() const;
  [[nodiscard]] const Part& part(std::size_t i) const { return parts_[i].part; }
  [[nodiscard]] Channel channel() const { return start_.channel; }
  [[nodiscard]] std::span<const ProviderId> excluded() const { return asked_; }
  // Set: this one or none, for wanted().
  [[nodiscard]] ProviderId only() const;
  [[nodiscard]] bool is_failover() const { return !asked_.empty(); }
  // Whether an attempt was made in this round, so that it cannot be taken back.
  [[nodiscard]] bool is_under_way() const { return launches_ > 0; }
  // Whether the wanted ones may have been handed over already, in a round before.
  [[nodiscard]] bool repeats() const { return start_.in_doubt && !doubt_met_; }

  // The provider in doubt is none of wanted()'s type: they were answered before it was asked.
  // False: no other type is left, it is there no more.
  bool pass_over();
  // These of wanted() go to this provider now.
  void launched(std::span<const std::size_t> parts, ProviderId provider);
  [[nodiscard]] bool is_waiting() const { return unanswered_ > 0; }
  // Whether the wave is complete with it.
  bool answered(std::size_t part, const SendResult& result, base::Time now, base::Random& random);
  [[nodiscard]] const SendPlan& plan_of(std::size_t part) const { return *parts_[part].plan; }

  // Nobody can be asked for wanted(): what their last answers said stands; those that were never
  // asked come to this.
  void give_up(const SendPlan& never_asked);

  struct Result {
    enum class Kind : std::uint8_t { kSent, kLater, kFailed, kUnknown };
    Kind kind = Kind::kFailed;
    bool maybe_sent = false;  // kLater
    std::optional<base::Time> next_at{};
    std::string_view reason{};  // of literals
  };
  // REQUIRES: wanted() is empty and nothing is waited for.
  [[nodiscard]] Result result() const;

 private:
  struct Asked {
    Part part;
    bool passed = false;     // of a platform before the one in doubt
    bool waits = false;      // for its answer
    bool elsewhere = false;  // certainly not done, and somebody else may be asked
    bool maybe = false;      // done, as may be
    std::optional<SendPlan> plan;

    [[nodiscard]] bool is_open() const { return !passed && !waits && (!plan || elsewhere); }
  };
  void judge_wave();

  Start start_;
  std::vector<Asked> parts_;
  std::vector<ProviderId> asked_;  // of the wave's type, in this round, before it
  ProviderId provider_;            // of the wave
  std::string type_;               // of the wave
  int tries_ = 1;                  // providers asked for the type, in this round
  int launches_ = 0;               // waves
  std::size_t unanswered_ = 0;
  bool doubt_met_ = false;  // who is in doubt is asked
};

}  // namespace ashlar::notifications
