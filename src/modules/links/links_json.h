// The JSON of links: what the API takes and gives, declared once for parsing, rendering and
// OpenAPI.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "modules/links/links.h"
#include "platform/json/schema.h"

namespace ashlar::links {

struct LinkJson {
  std::string code;
  std::string short_url;
  std::string url;
  int status = kDefaultStatus;
  std::optional<base::Time> expires_at;
  bool enabled = true;
  base::Time created_at;
  base::Time updated_at;
  std::int64_t clicks = 0;
};

struct LinkPatchJson {
  json::Patch<std::string> url;
  json::Patch<std::int64_t> status;
  json::Patch<std::optional<base::Time>> expires_at;
  json::Patch<bool> enabled;
};

struct ClickBucketJson {
  base::Time start;
  std::int64_t clicks = 0;
};

struct ClickStatsJson {
  std::string code;
  std::int64_t clicks = 0;
  base::Time as_of;
  std::vector<ClickBucketJson> by_hour;
  std::vector<ClickBucketJson> by_day;
};

struct ClickJson {
  base::Time at;
  std::optional<std::string> referrer;
  std::string agent;
};

const json::Schema<NewLink>& create_link_schema();
const json::Schema<LinkPatchJson>& update_link_schema();
const json::Schema<LinkJson>& link_schema();
const json::Schema<json::Page<LinkJson>>& link_page_schema();
const json::Schema<ClickStatsJson>& click_stats_schema();
const json::Schema<ClickJson>& click_schema();
const json::Schema<json::Page<ClickJson>>& click_page_schema();

}  // namespace ashlar::links
