#include "modules/payments/providers/provider_router.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/check.h"
#include "base/random.h"
#include "base/text.h"
#include "kit/siphash.h"

namespace ashlar::payments {
namespace {

using base::Result;

base::Error malformed(std::string_view rule, std::string_view why) {
  return base::fail(base::Code::kInvalid, "routes_malformed",
                    "'" + std::string(rule) + "': " + std::string(why));
}

bool is_word(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

// What stands before the next `mark`; the rest is left.
std::string_view cut(std::string_view& text, char mark) {
  const std::size_t at = text.find(mark);
  const std::string_view part = text.substr(0, at);
  text = at == std::string_view::npos ? std::string_view() : text.substr(at + 1);
  return base::trim_spaces(part);
}

Result<RouteRule::Choice> parse_choice(std::string_view item, std::string_view rule) {
  std::string_view rest = item;
  RouteRule::Choice choice;
  choice.provider = std::string(cut(rest, ':'));
  if (!is_word(choice.provider)) return malformed(rule, "a provider's name is missing");
  if (item.find(':') == std::string_view::npos) return choice;
  rest = base::trim_spaces(rest);
  const auto read = std::from_chars(rest.data(), rest.data() + rest.size(), choice.weight);
  const bool whole = read.ec == std::errc() && read.ptr == rest.data() + rest.size();
  if (!whole || choice.weight == 0 || choice.weight > kMaxRouteWeight) {
    return malformed(rule, "a weight is 1 to 1,000,000");
  }
  return choice;
}

Result<RouteRule> parse_rule(std::string_view text) {
  const std::string_view whole = text;
  if (text.find('=') == std::string_view::npos) return malformed(whole, "there is no '='");
  std::string_view what = cut(text, '=');
  const std::string_view currency = cut(what, '/');
  const std::string_view network = base::trim_spaces(what);
  RouteRule rule;
  if (currency != "*") {
    if (!is_word(currency)) return malformed(whole, "the currency is neither * nor such as usd");
    rule.currency = currency;
  }
  if (!network.empty() && network != "*") {
    if (!is_word(network)) return malformed(whole, "the network is neither * nor such as visa");
    rule.network = network;
  }
  bool more = true;
  while (more) {
    more = text.find(',') != std::string_view::npos;
    ASHLAR_ASSIGN(RouteRule::Choice choice, parse_choice(cut(text, ','), whole));
    const auto same = [&](const RouteRule::Choice& one) { return one.provider == choice.provider; };
    if (std::ranges::any_of(rule.choices, same)) return malformed(whole, "a provider stands twice");
    rule.choices.push_back(std::move(choice));
  }
  const auto weighted = [](const RouteRule::Choice& one) { return one.weight > 0; };
  const auto count = std::ranges::count_if(rule.choices, weighted);
  if (count != 0 && count != std::ssize(rule.choices)) {
    return malformed(whole, "all providers of a rule have a weight, or none");
  }
  return rule;
}

// One after the other by weight, of those that are left.
std::vector<std::string> in_order(std::vector<RouteRule::Choice> choices, std::string_view key) {
  constexpr kit::SipKey kSpread{0x726f'7574'6573, 1};
  base::Random chance(kit::siphash(kSpread, key));
  std::vector<std::string> order;
  while (!choices.empty()) {
    std::uint64_t all = 0;
    for (const RouteRule::Choice& one : choices) all += one.weight;
    std::size_t taken = 0;
    if (all > 0) {
      std::uint64_t at = chance.below(all);
      while (at >= choices[taken].weight) at -= choices[taken++].weight;
    }
    order.push_back(std::move(choices[taken].provider));
    choices.erase(choices.begin() + static_cast<std::ptrdiff_t>(taken));
  }
  return order;
}

}  // namespace

Result<std::vector<RouteRule>> parse_routes(std::string_view text) {
  std::vector<RouteRule> rules;
  while (!text.empty()) {
    const std::string_view one = cut(text, ';');
    if (one.empty()) continue;
    if (rules.size() == kMaxRouteRules) return malformed(one, "there are more than 256 rules");
    ASHLAR_ASSIGN(RouteRule rule, parse_rule(one));
    rules.push_back(std::move(rule));
  }
  return rules;
}

ProviderRouter::ProviderRouter(const base::Clock& clock, obs::Registry& metrics)
    : clock_(clock), metrics_(metrics) {}

ProviderRouter::~ProviderRouter() = default;

void ProviderRouter::add(Provider& provider, const GuardOptions& options) {
  CHECK(find(provider.name()) == nullptr);
  providers_.push_back(std::make_unique<GuardedProvider>(provider, options, clock_, metrics_));
}

base::Status ProviderRouter::set_rules(std::vector<RouteRule> rules) {
  for (const RouteRule& rule : rules) {
    for (const RouteRule::Choice& choice : rule.choices) {
      if (find(choice.provider) != nullptr) continue;
      return base::fail(base::Code::kInvalid, "routes_unknown_provider",
                        "There is no provider " + choice.provider + ".");
    }
  }
  rules_ = std::move(rules);
  return base::ok_status();
}

std::vector<std::string> ProviderRouter::route(const ProviderCall& call) const {
  std::vector<RouteRule::Choice> choices;
  if (const RouteRule* rule = rule_for(call, network_of(call))) {
    choices = rule->choices;
  } else {
    for (const auto& provider : providers_) choices.push_back({std::string(provider->name())});
  }
  if (choices.empty()) return {};
  const std::string first = choices.front().provider;
  if (call.op == ProviderOp::kAuthorize) {
    std::erase_if(choices, [&](const RouteRule::Choice& one) {
      return !find(one.provider)->takes(call.token);
    });
  }
  if (choices.empty()) return {first};
  std::vector<std::string> order, failing;
  for (std::string& name : in_order(std::move(choices), call.key)) {
    const auto* guard = static_cast<const GuardedProvider*>(find(name));
    const bool open = guard->breaker() == kit::CircuitBreaker::State::kOpen;
    (open ? failing : order).push_back(std::move(name));
  }
  for (std::string& name : failing) order.push_back(std::move(name));
  return order;
}

Provider* ProviderRouter::find(std::string_view name) const {
  const auto found =
      std::ranges::find_if(providers_, [&](const auto& one) { return one->name() == name; });
  return found == providers_.end() ? nullptr : found->get();
}

const RouteRule* ProviderRouter::rule_for(const ProviderCall& call,
                                          std::string_view network) const {
  const auto fits = [&](const RouteRule& rule) {
    return (rule.currency.empty() || rule.currency == call.currency) &&
           (rule.network.empty() || rule.network == network);
  };
  const auto found = std::ranges::find_if(rules_, fits);
  return found == rules_.end() ? nullptr : &*found;
}

std::string ProviderRouter::network_of(const ProviderCall& call) const {
  if (!call.network.empty()) return call.network;
  for (const auto& provider : providers_) {
    if (const auto face = provider->face_of(call.token)) return face->network;
  }
  return {};
}

}  // namespace ashlar::payments
