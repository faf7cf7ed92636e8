// SignInAttempts: how often somebody may guess a password or a claim token.
//
// Two limits (GCRA, kit/rate/gcra.h) stand in the way of each attempt: one for all addresses
// together (60 attempts, then one a second), which bounds what many addresses can do, and one of
// the address it comes from (10, then one every 30 s; IPv6 by /64). Success gives both back, as
// does an attempt whose password nobody had time to look at; a refused attempt costs nothing. In
// memory and per process: guessers cannot make Ashlar start again.
//
// Of an address something counts for at most 300 s, and in so long the first limit lets at most 360
// attempts through: so no address is forgotten early for want of room, kMaxAddresses being more
// than that. The seed is secret: nobody can choose addresses that crowd out another.
//
// Its own mutex; any thread.
#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <string_view>

#include "base/time.h"
#include "kit/rate/gcra.h"
#include "kit/rate/limiter_key.h"
#include "kit/rate/limiter_map.h"
#include "kit/siphash.h"

namespace ashlar::security {

class SignInAttempts {
 public:
  static constexpr std::size_t kMaxAddresses = 1024;

  explicit SignInAttempts(const kit::SipKey& seed);

  // nullopt: go on. Else how long to wait, at least a second.
  std::optional<base::Seconds> admit(std::string_view address, base::Mono now);
  // It succeeded, or was no guess.
  void give_back(std::string_view address, base::Mono now);

 private:
  const kit::LimiterKeyHasher hasher_;
  const kit::GcraRule of_all_;
  const kit::GcraRule of_address_;

  std::mutex mutex_;  // guards what follows: the two limits are one step
  kit::GcraState all_;
  kit::LimiterMap<kit::GcraState> addresses_{kMaxAddresses};
};

}  // namespace ashlar::security
