// The JSON of links: what the API takes and gives, declared once for parsing, rendering and
// OpenAPI.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "modules/links/links.h"
#include "modules/links/settings_json.h"
#include "modules/links/utm.h"
#include "platform/json/schema.h"

namespace ashlar::links {

struct LinkJson {
  std::string code;
  std::optional<std::string> domain;
  std::string short_url;
  std::string url;
  int status = kDefaultStatus;
  std::optional<base::Time> expires_at;
  bool enabled = true;
  std::optional<base::Time> valid_from;
  std::optional<std::string> expired_url;
  std::optional<std::int64_t> max_clicks;
  std::optional<std::int64_t> clicks_left;
  bool has_password = false;
  bool forward_query = false;
  std::vector<RuleJson> rules;
  std::vector<VariantJson> variants;
  std::optional<std::string> title;
  std::optional<std::string> notes;
  std::optional<std::string> owner;
  std::vector<std::string> tags;
  bool archived = false;
  std::string flag;
  std::vector<std::string> warnings;
  base::Time created_at;
  base::Time updated_at;
  std::int64_t clicks = 0;
};

struct CreateLinkJson {
  std::string url;
  bool find_if_exists = false;
  bool fetch_title = false;
  std::optional<std::string> code;
  std::optional<std::string> domain;
  std::int64_t status = kDefaultStatus;
  std::optional<base::Time> expires_at;
  std::optional<base::Time> valid_from;
  std::optional<std::string> expired_url;
  std::optional<std::int64_t> max_clicks;
  std::optional<std::string> password;
  bool forward_query = false;
  std::vector<RuleJson> rules;
  std::vector<VariantJson> variants;
  std::optional<Utm> utm;
  std::optional<std::string> title;
  std::optional<std::string> notes;
  std::optional<std::string> owner;
  std::vector<std::string> tags;
  bool archived = false;
};

struct LinkPatchJson {
  json::Patch<std::string> url;
  json::Patch<std::int64_t> status;
  json::Patch<std::optional<base::Time>> expires_at;
  json::Patch<bool> enabled;
  json::Patch<std::optional<base::Time>> valid_from;
  json::Patch<std::optional<std::string>> expired_url;
  json::Patch<std::optional<std::int64_t>> max_clicks;
  json::Patch<std::optional<std::string>> password;
  json::Patch<bool> forward_query;
  json::Patch<std::vector<RuleJson>> rules;
  json::Patch<std::vector<VariantJson>> variants;
  json::Patch<std::optional<std::string>> title;
  json::Patch<std::optional<std::string>> notes;
  json::Patch<std::optional<std::string>> owner;
  json::Patch<std::vector<std::string>> tags;
  json::Patch<bool> archived;
};

// What the schemas have let through, as links.h takes it. `password_hash`: of the password given.
NewLink new_link_of(const CreateLinkJson& json, std::string password_hash);
LinkChange change_of(const LinkPatchJson& json, std::string password_hash);
LinkJson json_of(const Link& link, std::string short_url, std::int64_t clicks);

struct LinkTagJson {
  std::string tag;
  std::int64_t links = 0;
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

struct ResetClicksJson {
  std::int64_t deleted = 0;
};

const json::Schema<CreateLinkJson>& create_link_schema();
const json::Schema<LinkPatchJson>& update_link_schema();
const json::Schema<LinkJson>& link_schema();
// The same without its clicks: what events tell of it.
const json::Schema<LinkJson>& link_event_schema();
const json::Schema<json::Page<LinkJson>>& link_page_schema();
const json::Schema<json::Page<LinkTagJson>>& link_tag_page_schema();
const json::Schema<ClickStatsJson>& click_stats_schema();
const json::Schema<ClickJson>& click_schema();
const json::Schema<json::Page<ClickJson>>& click_page_schema();
const json::Schema<ResetClicksJson>& reset_clicks_schema();

}  // namespace ashlar::links
