#include "modules/links/preview/link_preview.h"

#include <array>
#include <utility>

namespace ashlar::links {
namespace {

constexpr int kNotFound = 404;
constexpr int kGone = 410;
constexpr int kForbidden = 403;
constexpr int kAskPassword = 403;

struct Condition {
  std::string_view name;
  void (*keep)(RedirectRule& only, const RedirectRule& rule);
};

// A rule of one condition holds when that condition does.
constexpr std::array<Condition, 8> kConditions{{
    {"devices", [](RedirectRule& only, const RedirectRule& rule) { only.devices = rule.devices; }},
    {"os", [](RedirectRule& only, const RedirectRule& rule) { only.systems = rule.systems; }},
    {"browsers",
     [](RedirectRule& only, const RedirectRule& rule) { only.browsers = rule.browsers; }},
    {"languages",
     [](RedirectRule& only, const RedirectRule& rule) { only.languages = rule.languages; }},
    {"from", [](RedirectRule& only, const RedirectRule& rule) { only.from = rule.from; }},
    {"until", [](RedirectRule& only, const RedirectRule& rule) { only.until = rule.until; }},
    {"query", [](RedirectRule& only, const RedirectRule& rule) { only.query = rule.query; }},
    {"countries",
     [](RedirectRule& only, const RedirectRule& rule) { only.countries = rule.countries; }},
}};

PreviewRule look_at(const RedirectRule& rule, const Visit& visit) {
  PreviewRule seen{.holds = rule_holds(rule, visit), .failing = {}};
  for (const Condition& condition : kConditions) {
    RedirectRule only;
    condition.keep(only, rule);
    if (!rule_holds(only, visit)) seen.failing.push_back(condition.name);
  }
  return seen;
}

std::optional<PreviewWhy> refusal_of(const Link& link, base::Time now) {
  const LinkSettings& settings = link.settings;
  if (settings.flag.state == FlagState::kFlagged) return PreviewWhy::kFlagged;
  if (settings.valid_from && now < *settings.valid_from) return PreviewWhy::kNotYetValid;
  if (!link.enabled) return PreviewWhy::kDisabled;
  if (link.expires_at && *link.expires_at <= now) return PreviewWhy::kExpired;
  if (settings.max_clicks && link.clicks_used >= *settings.max_clicks) return PreviewWhy::kUsedUp;
  return std::nullopt;
}

int status_of(const Link& link) {
  if (!link.settings.changes_redirect()) return link.status;
  return link.status == 307 || link.status == 308 ? 307 : 302;
}

}  // namespace

std::string_view name_of(PreviewWhy why) {
  constexpr std::array<std::string_view, 8> kNames{
      "link", "rule", "variant", "disabled", "not_yet_valid", "expired", "used_up", "flagged"};
  return kNames.at(static_cast<std::size_t>(why));
}

LinkPreview preview(const Link& link, const Visit& visit, bool draw_known) {
  const LinkSettings& settings = link.settings;
  LinkPreview seen;
  for (const RedirectRule& rule : settings.rules) seen.rules.push_back(look_at(rule, visit));
  if (const std::optional<PreviewWhy> refusal = refusal_of(link, visit.now)) {
    seen.why = *refusal;
    const bool over = *refusal == PreviewWhy::kExpired || *refusal == PreviewWhy::kUsedUp;
    seen.status = *refusal == PreviewWhy::kNotYetValid ? kNotFound
                  : *refusal == PreviewWhy::kFlagged   ? kForbidden
                                                       : kGone;
    if (over && !settings.expired_url.empty()) {
      seen.status = 302;
      seen.url = settings.expired_url;
    }
    return seen;
  }
  const Choice choice = choose(link.url, settings.rules, settings.variants, visit);
  seen.why = choice.why == Why::kRule      ? PreviewWhy::kRule
             : choice.why == Why::kVariant ? PreviewWhy::kVariant
                                           : PreviewWhy::kLink;
  seen.status = settings.password_hash.empty() ? status_of(link) : kAskPassword;
  if (choice.why == Why::kVariant && !draw_known) return seen;
  if (choice.why != Why::kLink) seen.index = choice.index;
  seen.url = settings.forward_query ? with_query(choice.url, visit.query) : std::string(choice.url);
  return seen;
}

}  // namespace ashlar::links
