#include "modules/links/link_passwords.h"

#include <algorithm>
#include <chrono>

#include "platform/http/ip_address.h"
#include "platform/security/password.h"

namespace ashlar::links {
namespace {

using std::chrono::seconds;

constexpr std::uint64_t kLinkRule = 0;
constexpr std::uint64_t kAddressRule = 1;
constexpr std::size_t kNetworkBytes = 8;

// IPv6 hosts choose among 2^64 addresses of their own: the network stands for them.
std::string group_of(LinkId link, std::string_view text) {
  std::string group = std::to_string(link.value) + ' ';
  const auto address = http::parse_ip(text);
  if (!address) return group.append(text);
  const std::size_t length = address->is_v4() ? address->bytes.size() : kNetworkBytes;
  return group.append(reinterpret_cast<const char*>(address->bytes.data()), length);
}

LinkPasswords::Answer too_often(const kit::Decision& decision) {
  return {LinkPasswords::Verdict::kTooOften,
          std::max(base::Seconds{1}, std::chrono::ceil<base::Seconds>(decision.retry_after))};
}

}  // namespace

LinkPasswords::LinkPasswords(const kit::SipKey& seed)
    : hasher_(seed),
      of_link_(kit::GcraRule::make(100, 1, seconds{1}).value()),
      of_address_(kit::GcraRule::make(10, 1, seconds{30}).value()) {}

LinkPasswords::Answer LinkPasswords::check(LinkId link, std::string_view address,
                                           const std::string& hash, std::string_view password,
                                           base::Mono now) {
  const kit::LimiterKey own = hasher_(kAddressRule, group_of(link, address));
  const kit::LimiterKey all = hasher_(kLinkRule, std::to_string(link.value));
  const auto take_of = [&](const kit::LimiterKey& key, const kit::GcraRule& rule) {
    return states_.with(key, now, [&](kit::GcraState& state) { return take(rule, state, now, 1); });
  };
  const auto give_back = [&](const kit::LimiterKey& key, const kit::GcraRule& rule) {
    states_.with(key, now, [&](kit::GcraState& state) {
      refund(rule, state, now, 1);
      return peek(rule, state, now, 0);
    });
  };
  if (const kit::Decision decision = take_of(own, of_address_); !decision.allowed) {
    return too_often(decision);
  }
  if (const kit::Decision decision = take_of(all, of_link_); !decision.allowed) {
    give_back(own, of_address_);
    return too_often(decision);
  }
  const bool free = checks_.fetch_add(1) < kMaxChecks;
  const bool right = free && security::verify_password(hash, password);
  checks_.fetch_sub(1);
  if (right || !free) {
    give_back(own, of_address_);
    give_back(all, of_link_);
  }
  if (!free) return {Verdict::kBusy, base::Seconds{1}};
  return {right ? Verdict::kRight : Verdict::kWrong};
}

base::Result<std::string> LinkPasswordHasher::hash(std::string_view password) {
  const bool free = hashes_.fetch_add(1) < kMaxHashes;
  base::Result<std::string> hash = free ? security::hash_password(password, {}, entropy_)
                                        : base::Result<std::string>(base::fail(
                                              base::Code::kUnavailable, "password_checks_busy",
                                              "Too many passwords are being hashed; try again."));
  hashes_.fetch_sub(1);
  return hash;
}

}  // namespace ashlar::links
