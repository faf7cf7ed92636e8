// The JSON of a link's preview: a visitor, and what becomes of the visit.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "modules/links/settings_json.h"
#include "platform/json/schema.h"

namespace ashlar::links {

struct PreviewAskJson {
  std::string user_agent;
  std::string accept_language;
  std::string query;
  std::optional<base::Time> time;
  std::optional<std::string> country;
  std::optional<std::string> ip;
  std::optional<std::vector<RuleJson>> rules;
  std::optional<std::vector<VariantJson>> variants;
};

struct PreviewVisitorJson {
  std::string device;
  std::string os;
  std::string browser;
  std::optional<std::string> language;
  std::optional<std::string> country;
  std::optional<std::string> region;
};
struct PreviewRuleJson {
  std::string url;
  bool holds = false;
  std::vector<std::string> failing;
};
struct PreviewVariantJson {
  std::string url;
  double share = 0;
};
struct PreviewJson {
  int status = 0;
  std::optional<std::string> url;
  std::string why;
  std::optional<std::int64_t> index;
  bool asks_password = false;
  PreviewVisitorJson visitor;
  std::vector<PreviewRuleJson> rules;
  std::vector<PreviewVariantJson> variants;
};

const json::Schema<PreviewAskJson>& preview_ask_schema();
const json::Schema<PreviewJson>& preview_schema();

}  // namespace ashlar::links
