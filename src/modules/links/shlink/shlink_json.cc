#include "modules/links/shlink/shlink_json.h"

#include <algorithm>

namespace ashlar::links::shlink {
namespace {

void write_time(json::Writer& out, std::string_view key, const std::optional<base::Time>& time) {
  out.key(key);
  time ? out.string(atom(*time)) : out.null();
}

}  // namespace

std::string atom(base::Time time) {
  std::string text = base::format_rfc3339(std::chrono::floor<base::Seconds>(time));
  text.replace(text.size() - 1, 1, "+00:00");
  return text;
}

void write_text_or_null(json::Writer& out, std::string_view key, std::string_view text) {
  out.key(key);
  text.empty() ? out.null() : out.string(text);
}

void write_summary(json::Writer& out, const Clicks& clicks) {
  out.key("visitsSummary").begin_object();
  out.key("total").integer(clicks.total).key("nonBots").integer(clicks.total - clicks.bots);
  out.key("bots").integer(clicks.bots).end_object();
}

void write_short_url(json::Writer& out, const Link& link, std::string_view short_url,
                     const Clicks& clicks) {
  const LinkSettings& settings = link.settings;
  out.begin_object().key("shortCode").string(link.code).key("shortUrl").string(short_url);
  out.key("longUrl").string(link.url).key("dateCreated").string(atom(link.created_at));
  write_summary(out, clicks);
  out.key("tags").begin_array();
  for (const std::string& tag : settings.tags) out.string(tag);
  out.end_array();
  out.key("meta").begin_object();
  write_time(out, "validSince", settings.valid_from);
  write_time(out, "validUntil", link.expires_at);
  out.key("maxVisits");
  settings.max_clicks ? out.integer(*settings.max_clicks) : out.null();
  out.end_object();
  write_text_or_null(out, "domain", link.domain_host);
  write_text_or_null(out, "title", settings.title);
  out.key("crawlable").boolean(false).key("forwardQuery").boolean(settings.forward_query);
  out.key("hasRedirectRules").boolean(!settings.rules.empty());
  out.end_object();
}

void write_page(json::Writer& out, const PageOf& page, std::size_t in_page, std::size_t total,
                const std::function<void()>& items) {
  const auto size = static_cast<std::size_t>(page.size);
  out.begin_object().key("data").begin_array();
  items();
  out.end_array().key("pagination").begin_object();
  out.key("currentPage").integer(page.number);
  out.key("pagesCount").integer(static_cast<std::int64_t>((total + size - 1) / size));
  out.key("itemsPerPage").integer(page.size);
  out.key("itemsInCurrentPage").integer(static_cast<std::int64_t>(in_page));
  out.key("totalItems").integer(static_cast<std::int64_t>(total));
  out.end_object().end_object();
}

}  // namespace ashlar::links::shlink
