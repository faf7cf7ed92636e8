#include "modules/links/analytics/visit_counter.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "modules/links/analytics/subject.h"
#include "modules/links/analytics/visitor_salts.h"
#include "modules/links/geo_file.h"
#include "modules/links/visitor.h"

namespace ashlar::links::analytics {
namespace {

constexpr std::array<std::pair<std::string_view, Dimension>, 5> kCampaign{
    {{"utm_source", Dimension::kUtmSource},
     {"utm_medium", Dimension::kUtmMedium},
     {"utm_campaign", Dimension::kUtmCampaign},
     {"utm_term", Dimension::kUtmTerm},
     {"utm_content", Dimension::kUtmContent}}};

using Texts = std::array<std::string, kDimensions>;

// "" where it is no text: wrongly encoded, not UTF-8, with control characters.
std::string decoded(std::string_view value) {
  std::string spaced(value);
  std::replace(spaced.begin(), spaced.end(), '+', ' ');
  const std::optional<std::string> text = base::percent_decode(spaced);
  if (!text || !base::is_utf8(*text)) return {};
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::any_of(text->begin(), text->end(), is_control)) return {};
  return std::string(base::trim_spaces(*text));
}

// False: it has none of them.
bool read_campaign(std::string_view query, Texts& texts) {
  query = query.substr(0, query.find('#'));
  bool any = false;
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos) continue;
    for (const auto& [name, dimension] : kCampaign) {
      if (pair.substr(0, equals) != name) continue;
      std::string& text = texts.at(index_of(dimension));
      if (text.empty()) text = decoded(pair.substr(equals + 1));
      any = any || !text.empty();
    }
  }
  return any;
}

std::string choice_of(const ClickDetail& detail) {
  switch (detail.taken) {
    case Taken::kRule:
      return "rule " + std::to_string(detail.index + 1);
    case Taken::kVariant:
      return "variant " + std::to_string(detail.index + 1);
    case Taken::kTarget:
      break;
  }
  return {};
}

void read_place(const GeoFile* geo, std::string_view address, Texts& texts) {
  if (geo == nullptr || address.empty()) return;
  const std::optional<Geo> place = geo->lookup(address);
  if (!place) return;
  texts.at(index_of(Dimension::kCountry)) = place->country;
  if (place->region.empty()) return;
  texts.at(index_of(Dimension::kRegion)) = place->country + "-" + place->region;
}

void read_agent(std::string_view user_agent, VisitFacts& facts) {
  if (user_agent.empty()) return;
  const VisitorAgent agent = read_visitor_agent(user_agent);
  facts.bot = agent.device == Device::kBot;
  facts[Dimension::kDevice] = name_of(agent.device);
  if (facts.bot) return;
  facts[Dimension::kOs] = name_of(agent.os);
  facts[Dimension::kBrowser] = name_of(agent.browser);
}

}  // namespace

void VisitCounter::add(const KeptClick& click) {
  const ClickDetail& detail = click.detail;
  DetailEntry entry;
  entry.set_referrer(detail.referrer);
  Texts texts;
  if (!read_campaign(detail.query, texts)) read_campaign(detail.target, texts);
  texts.at(index_of(Dimension::kChoice)) = choice_of(detail);
  read_place(geo_, detail.address, texts);
  VisitFacts facts;
  for (std::size_t i = 0; i < kDimensions; ++i) facts.values.at(i) = texts.at(i);
  facts[Dimension::kReferrer] = entry.referrer_host();
  read_agent(detail.user_agent, facts);
  facts.weight = click.weight;
  if (!facts.bot) {
    facts.visitor = salts_.visitor(click.tenant, click.at, detail.address, detail.user_agent);
  }
  rollups_[{click.tenant, Subject::link(click.link).key, hour_of(click.at)}].rollup.add(facts);
}

}  // namespace ashlar::links::analytics
