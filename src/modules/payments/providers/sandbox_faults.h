// SandboxFaults: how the sandbox errs, and when: from a seed, by the key of the call and how often
// it was sent, so that a run repeats however its threads were scheduled. A repetition meets another
// fate: what is asked often enough gets through. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/random.h"
#include "base/strong_id.h"
#include "base/time.h"

namespace ashlar::payments {

struct ProviderCall;

// Chances in a thousand. All zero: it does what it is asked, at once.
struct SandboxFaults {
  std::uint64_t seed = 0;

  int declines = 0;      // of authorisations
  int not_done = 0;      // refused before it was read
  int call_lost = 0;     // never arrives, no answer
  int arrives_late = 0;  // no answer; done later, within settles
  int answer_lost = 0;   // done, no answer
  int answer_late = 0;   // done, the answer comes up to `late` later
  int query_fails = 0;
  int disputes = 0;      // of captures
  int refund_fails = 0;  // after it was told as done
  int refund_waits = 0;
  int notice_twice = 0;
  int notice_late = 0;       // up to `late` later: so they overtake each other
  int statement_errors = 0;  // of its lines

  base::Millis late{3'000};
  base::Seconds settles{3};

  // What a seed means; 0: benign.
  static SandboxFaults of_seed(std::uint64_t seed);
};

enum class CallFate : std::uint8_t {
  kServed,
  kNotDone,
  kCallLost,
  kArrivesLate,
  kAnswerLost,
};

class SandboxDice {
 public:
  explicit SandboxDice(const SandboxFaults& faults) : faults_(faults) {}

  [[nodiscard]] const SandboxFaults& faults() const { return faults_; }
  [[nodiscard]] CallFate fate(const ProviderCall& call, std::int64_t asked) const;
  // How long the answer, or what arrives late, takes. Zero: at once.
  [[nodiscard]] base::Millis answer_delay(const ProviderCall& call, std::int64_t asked) const;
  [[nodiscard]] base::Millis arrival_delay(const ProviderCall& call, std::int64_t asked) const;
  [[nodiscard]] bool query_fails(const ProviderCall& call, base::Time now) const;

  // `what` says which throw it is: the same again gives the same.
  [[nodiscard]] bool hits(int in_a_thousand, base::TenantId tenant, std::string_view what) const;
  [[nodiscard]] base::Millis notice_delay(base::TenantId tenant, std::string_view id,
                                          int copy) const;

  [[nodiscard]] base::Random throw_for(base::TenantId tenant, std::string_view what,
                                       std::int64_t number) const;

 private:
  const SandboxFaults faults_;
};

}  // namespace ashlar::payments
