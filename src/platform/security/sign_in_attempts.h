// SignInAttempts: how often somebody may guess a password or a claim token.
//
// Two token buckets stand in the way of each attempt: one of the address it comes from (10 attempts,
// then one every 30 s; IPv6 by /64) and one for all addresses together (60, then one a second), which
// bounds what many addresses can do. Success gives both tokens back. At most kMaxAddresses are
// remembered; beyond that the one that attempted longest ago is forgotten, whose bucket is the fullest.
// In memory and per process: a restart forgets, which helps nobody who guesses.
//
// Its own mutex; any thread.
#pragma once

#include <cstddef>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/time.h"

namespace ashlar::security {

class SignInAttempts {
 public:
  static constexpr std::size_t kMaxAddresses = 1024;

  // nullopt: go on. Else how long to wait, at least a second.
  std::optional<base::Seconds> admit(std::string_view address, base::Mono now);
  void succeeded(std::string_view address, base::Mono now);

 private:
  struct Bucket {
    double tokens;
    base::Mono at;  // when `tokens` was right
  };
  struct Address {
    std::string text;
    Bucket bucket;
  };
  struct Rate {
    double capacity;
    double per_second;
  };
  static constexpr Rate kPerAddress{10, 1.0 / 30};
  static constexpr Rate kGlobal{60, 1};

  static void refill(Bucket& bucket, const Rate& rate, base::Mono now);
  Bucket& bucket_of(std::string_view address, base::Mono now);

  std::mutex mutex_;  // guards what follows
  std::optional<Bucket> global_;
  std::list<Address> addresses_;  // latest attempt first
  std::unordered_map<std::string, std::list<Address>::iterator> by_text_;
};

}  // namespace ashlar::security
