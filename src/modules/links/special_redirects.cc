#include "modules/links/special_redirects.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "modules/links/clicks.h"
#include "modules/links/geo_file.h"
#include "modules/links/redirect_rules.h"
#include "modules/links/request_detail.h"
#include "modules/links/variant_draw.h"
#include "platform/http/call.h"
#include "platform/http/query.h"

namespace ashlar::links {
namespace {

http::Response lead_to(int status, std::string url) {
  http::Response response{status, {}, {}, {}};
  response.header("Location", std::move(url));
  response.header("Cache-Control", "private, no-store");
  return response;
}

// The form's field; nullopt: it has none.
std::optional<std::string> password_in(std::string_view body) {
  base::Result<http::QueryParameters> fields = http::parse_query(body);
  if (!fields.ok()) return std::nullopt;
  for (auto& [name, value] : *fields) {
    if (name == "password") return std::move(value);
  }
  return std::nullopt;
}

bool asks_for_agent(const RedirectRule& rule) {
  return rule.devices != 0 || rule.systems != 0 || rule.browsers != 0;
}

Taken taken_of(Why why) {
  switch (why) {
    case Why::kRule:
      return Taken::kRule;
    case Why::kVariant:
      return Taken::kVariant;
    case Why::kLink:
      break;
  }
  return Taken::kTarget;
}

}  // namespace

SpecialRedirects::SpecialRedirects(const kit::SipKey& visitor_key, std::uint64_t seed,
                                   storage::Database& db, ClickRecorder& clicks,
                                   const base::Clock& clock, std::size_t worker_shard,
                                   const GeoFile* geo)
    : visitor_key_(visitor_key),
      clicks_(clicks),
      clock_(clock),
      worker_shard_(worker_shard),
      geo_(geo),
      gate_(db, clock),
      passwords_({seed, ~seed}) {}

SpecialRedirects::Lead SpecialRedirects::lead(const RedirectTarget& target,
                                              const http::RequestHead& head,
                                              std::string_view address, base::Time now,
                                              std::string& joined) const {
  const LinkSettings& settings = *target.special;
  Visit visit;
  Geo geo;
  visit.now = now;
  visit.query = head.query;
  if (!settings.rules.empty()) {
    visit.language = preferred_language(head.find("accept-language"));
    if (std::ranges::any_of(settings.rules, asks_for_agent)) {
      visit.agent = read_visitor_agent(head.user_agent);
    }
    if (geo_ != nullptr && settings.asks_for_country()) {
      if (const std::optional<Geo> found = geo_->lookup(address)) geo = *found;
      visit.country = geo.country;
    }
  }
  if (!settings.variants.empty()) {
    visit.draw = variant_draw(visitor_key_, target.id, address, head.user_agent, now);
  }
  const Choice choice = choose(target.url, settings.rules, settings.variants, visit);
  Lead lead{.status = target.status == 307 || target.status == 308 ? 307 : 302,
            .url = choice.url,
            .taken = taken_of(choice.why),
            .index = choice.index};
  if (settings.forward_query) {
    joined = with_query(choice.url, head.query);
    lead.url = joined;
  }
  return lead;
}

http::Response SpecialRedirects::refuse(const Domain* domain, Refusal refusal,
                                        const RedirectTarget& target, const http::RequestHead& head,
                                        std::string_view request_id) const {
  const bool over = refusal == Refusal::kExpired || refusal == Refusal::kUsedUp;
  if (over && !target.special->expired_url.empty()) {
    return lead_to(302, target.special->expired_url);
  }
  return refuse_on(domain, refusal, head, request_id);
}

base::Result<http::Response> SpecialRedirects::follow(const http::Call& call,
                                                      const RedirectTarget& target,
                                                      Password password) {
  const LinkSettings& settings = *target.special;
  const http::RequestHead& head = *call.head;
  const auto ask = [&](PasswordAsked why, base::Seconds retry_after = base::Seconds{0}) {
    return ask_password(why, call.param(0), retry_after, head, call.request_id);
  };
  if (!settings.password_hash.empty()) {
    if (password == Password::kAskFor) return ask(PasswordAsked::kFirst);
    const std::optional<std::string> given = password_in(call.body);
    if (!given) return ask(PasswordAsked::kFirst);
    const LinkPasswords::Answer answer = passwords_.check(
        target.id, call.client_address, settings.password_hash, *given, clock_.mono());
    switch (answer.verdict) {
      case LinkPasswords::Verdict::kRight:
        break;
      case LinkPasswords::Verdict::kWrong:
        return ask(PasswordAsked::kWrong);
      case LinkPasswords::Verdict::kTooOften:
        return ask(PasswordAsked::kTooOften, answer.retry_after);
      case LinkPasswords::Verdict::kBusy:
        return ask(PasswordAsked::kBusy, answer.retry_after);
    }
  }
  if (settings.max_clicks) {
    ASHLAR_ASSIGN(const bool passes, gate_.take(target.id));
    if (!passes) return refuse(nullptr, Refusal::kUsedUp, target, head, call.request_id);
  }
  const base::Time now = clock_.now();
  std::string joined;
  const Lead where = lead(target, head, call.client_address, now, joined);
  const int status = password == Password::kGiven ? 303 : where.status;
  http::Response response = lead_to(status, std::string(where.url));
  if (head.method != http::Method::kHead) {
    ClickDetail detail = detail_of(head, call.client_address, target.url);
    detail.taken = where.taken;
    detail.index = where.index;
    clicks_.record(worker_shard_, target.id, target.tenant, now, detail);
  }
  return response;
}

}  // namespace ashlar::links
