#include "modules/links/abuse/creation_limits.h"

#include <algorithm>
#include <chrono>
#include <span>
#include <string>

#include "platform/http/ip_address.h"
#include "platform/observability/metrics.h"

namespace ashlar::links::abuse {
namespace {

constexpr std::array<std::string_view, 3> kNames{"links_per_key", "links_per_address",
                                                 "links_per_tenant"};
constexpr std::size_t kNetworkBytes = 8;

std::optional<kit::GcraRule> rule_of(std::uint64_t an_hour) {
  if (an_hour == 0) return std::nullopt;
  return kit::GcraRule::make(an_hour, an_hour, std::chrono::hours{1}).value();
}

// IPv6 hosts choose among 2^64 addresses of their own: the network stands for them.
std::string network_of(std::string_view text) {
  const auto address = http::parse_ip(text);
  if (!address) return std::string(text);
  const std::size_t length = address->is_v4() ? address->bytes.size() : kNetworkBytes;
  return {reinterpret_cast<const char*>(address->bytes.data()), length};
}

}  // namespace

CreationLimits::CreationLimits(const Options& options, obs::Registry& metrics)
    : hasher_(options.seed),
      rules_{rule_of(options.per_key), rule_of(options.per_address), rule_of(options.per_tenant)} {
  for (std::size_t i = 0; i < kLimits; ++i) {
    refused_.at(i) = &metrics.make_counter("ashlar_links_creations_refused_total",
                                           "Requests for links beyond a creation limit.",
                                           {{"limit", std::string(kNames.at(i))}});
  }
}

base::Error CreationLimits::error_of(const Refusal& refusal) {
  std::string names;
  for (const std::string_view limit : refusal.limits) {
    names.append(names.empty() ? "" : ", ").append(limit);
  }
  return base::fail(base::Code::kTooMany, "quota_exceeded",
                    "More links in an hour than may be made (" + names + ").");
}

std::optional<CreationLimits::Refusal> CreationLimits::admit(const Who& who, std::uint64_t links,
                                                             base::Mono now) {
  std::vector<kit::LimiterKey> keys;
  std::vector<std::size_t> which;
  for (std::size_t i = 0; i < kLimits; ++i) {
    if (!rules_.at(i) || (i == 0 && who.key == 0)) continue;
    const std::string text = i == 0   ? std::to_string(who.key)
                             : i == 1 ? network_of(who.address)
                                      : std::to_string(who.tenant);
    keys.push_back(hasher_(i, text));
    which.push_back(i);
  }
  if (keys.empty()) return std::nullopt;
  std::vector<kit::Decision> decisions(keys.size());
  const bool all =
      states_.take_all(keys, now, decisions, [&](std::size_t i, kit::GcraState& state) {
        return take(*rules_.at(which[i]), state, now, links);
      });
  if (all) return std::nullopt;
  Refusal refusal{.limits = {}, .retry_after = base::Seconds{1}};
  for (std::size_t i = 0; i < which.size(); ++i) {
    if (decisions[i].allowed) continue;
    refused_.at(which[i])->add();
    refusal.limits.push_back(kNames.at(which[i]));
    if (links > rules_.at(which[i])->capacity()) refusal.retry_after.reset();
    if (refusal.retry_after) {
      refusal.retry_after = std::max(*refusal.retry_after,
                                     std::chrono::ceil<base::Seconds>(decisions[i].retry_after));
    }
  }
  return refusal;
}

}  // namespace ashlar::links::abuse
