#include "modules/links/links_events.h"

#include <string>

#include "platform/json/writer.h"

namespace ashlar::links {
namespace {

// Quotes within a string are escaped, so no URL can hold it.
constexpr std::string_view kChosen = "\"chosen_code\":true";

}  // namespace

events::NewEvent link_event(std::string_view type, const Link& link, std::string_view short_url,
                            bool chosen_code, std::string_view traceparent) {
  events::NewEvent event{.type = std::string(type),
                         .aggregate_type = "link",
                         .aggregate_id = link.code,
                         .data = {},
                         .traceparent = std::string(traceparent)};
  event.data.reserve(256 + link.url.size());
  json::Writer json(event.data);
  json.begin_object().key("code").string(link.code);
  if (type == kLinkCreated) json.key("chosen_code").boolean(chosen_code);
  json.key("short_url").string(short_url).key("url").string(link.url);
  json.key("status").integer(link.status).key("enabled").boolean(link.enabled);
  json.key("expires_at");
  if (link.expires_at) {
    json.string(base::format_rfc3339(*link.expires_at));
  } else {
    json.null();
  }
  json.key("created_at").string(base::format_rfc3339(link.created_at));
  json.key("updated_at").string(base::format_rfc3339(link.updated_at));
  json.key("version").integer(link.version).end_object();
  return event;
}

bool outdates_redirect(const events::Event& event) {
  return event.type != kLinkCreated || event.data.find(kChosen) != std::string::npos;
}

}  // namespace ashlar::links
