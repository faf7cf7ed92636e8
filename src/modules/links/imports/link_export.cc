#include "modules/links/imports/link_export.h"

#include <optional>

#include "base/time.h"
#include "modules/links/links_json.h"
#include "platform/json/writer.h"

namespace ashlar::links {
namespace {

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

// What POST /v1/links would have been sent.
CreateLinkJson wanted_of(const Link& link) {
  const LinkSettings& settings = link.settings;
  CreateLinkJson json;
  json.url = link.url;
  json.code = link.code;
  json.domain = unless_empty(link.domain_host);
  json.status = link.status;
  json.expires_at = link.expires_at;
  json.valid_from = settings.valid_from;
  json.expired_url = unless_empty(settings.expired_url);
  json.max_clicks = settings.max_clicks;
  json.forward_query = settings.forward_query;
  json.rules = json_of(settings.rules);
  json.variants = json_of(settings.variants);
  json.title = unless_empty(settings.title);
  json.notes = unless_empty(settings.notes);
  json.owner = unless_empty(settings.owner);
  json.tags = settings.tags;
  json.archived = settings.archived;
  return json;
}

}  // namespace

void append_export_line(std::string& out, const Link& link, std::int64_t clicks,
                        bool password_hash) {
  std::string wanted;
  json::Writer body(wanted);
  create_link_schema().write(body, wanted_of(link));
  wanted.pop_back();  // the brace that closes it
  out += wanted;
  out += R"(,"enabled":)";
  out += link.enabled ? "true" : "false";
  out += R"(,"created_at":")" + base::format_rfc3339(link.created_at) + "\"";
  out += R"(,"clicks":)" + std::to_string(clicks);
  if (link.settings.max_clicks) out += R"(,"clicks_used":)" + std::to_string(link.clicks_used);
  if (!link.settings.password_hash.empty()) out += R"(,"has_password":true)";
  if (password_hash && !link.settings.password_hash.empty()) {
    out += R"(,"password_hash":)";
    json::append_quoted(out, link.settings.password_hash);
  }
  out += "}\n";
}

}  // namespace ashlar::links
