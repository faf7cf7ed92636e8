// SignInAttempts: how often somebody may guess a password or a claim token.
//
// Two token buckets stand in the way of each attempt: one for all addresses together (60 attempts,
// then one a second), which bounds what many addresses can do, and one of the address it comes from
// (10, then one every 30 s; IPv6 by /64). Success gives both tokens back; a refused attempt costs
// nothing. In memory and per process: guessers cannot make Ashlar start again.
//
// At most kMaxAddresses are remembered; the one that attempted longest ago is forgotten first. Only
// attempts that the first bucket lets through are remembered, so a thousand others take a quarter
// of an hour, and the forgotten bucket was full again long before.
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

  // nullopt: there is a token.
  static std::optional<base::Seconds> wait_for(const Bucket& bucket, const Rate& rate);
  static void refill(Bucket& bucket, const Rate& rate, base::Mono now);
  Bucket& bucket_of(std::string_view address, base::Mono now);

  std::mutex mutex_;  // guards what follows
  std::optional<Bucket> global_;
  std::list<Address> addresses_;  // latest attempt first
  std::unordered_map<std::string, std::list<Address>::iterator> by_text_;
};

}  // namespace ashlar::security
