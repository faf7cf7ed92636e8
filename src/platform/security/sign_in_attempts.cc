#include "platform/security/sign_in_attempts.h"

#include <algorithm>
#include <chrono>
#include <string>

#include "platform/http/ip_address.h"

namespace ashlar::security {
namespace {

using std::chrono::seconds;

constexpr std::size_t kNetworkBytes = 8;

// IPv6 hosts choose among 2^64 addresses of their own: the network stands for them. What is no
// address is taken as it is.
std::string group_of(std::string_view text) {
  const auto address = http::parse_ip(text);
  if (!address) return std::string(text);
  const std::size_t length = address->is_v4() ? address->bytes.size() : kNetworkBytes;
  return {reinterpret_cast<const char*>(address->bytes.data()), length};
}

base::Seconds waiting(const kit::Decision& decision) {
  return std::max(base::Seconds{1}, std::chrono::ceil<base::Seconds>(decision.retry_after));
}

}  // namespace

SignInAttempts::SignInAttempts(const kit::SipKey& seed)
    : hasher_(seed),
      of_all_(kit::GcraRule::make(60, 1, seconds{1}).value()),
      of_address_(kit::GcraRule::make(10, 1, seconds{30}).value()) {}

std::optional<base::Seconds> SignInAttempts::admit(std::string_view address, base::Mono now) {
  const kit::LimiterKey key = hasher_(0, group_of(address));
  const std::lock_guard lock(mutex_);
  const kit::Decision all = peek(of_all_, all_, now, 1);
  if (!all.allowed) return waiting(all);
  const kit::Decision own = addresses_.with(
      key, now, [&](kit::GcraState& state) { return take(of_address_, state, now, 1); });
  if (!own.allowed) return waiting(own);
  take(of_all_, all_, now, 1);
  return std::nullopt;
}

void SignInAttempts::give_back(std::string_view address, base::Mono now) {
  const kit::LimiterKey key = hasher_(0, group_of(address));
  const std::lock_guard lock(mutex_);
  refund(of_all_, all_, now, 1);
  addresses_.with(key, now, [&](kit::GcraState& state) {
    refund(of_address_, state, now, 1);
    return peek(of_address_, state, now, 0);
  });
}

}  // namespace ashlar::security
