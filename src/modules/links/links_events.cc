#include "modules/links/links_events.h"

#include <string>

#include "modules/links/link_ref.h"
#include "modules/links/links_json.h"
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
                         .aggregate_id = link_key({.host = link.domain_host, .code = link.code}),
                         .data = {},
                         .traceparent = std::string(traceparent)};
  event.data.reserve(512 + link.url.size());
  json::Writer json(event.data);
  link_event_schema().write(json, json_of(link, std::string(short_url), 0));
  if (type == kLinkCreated) {
    event.data.insert(1, chosen_code ? "\"chosen_code\":true," : "\"chosen_code\":false,");
  }
  event.data.insert(event.data.size() - 1, ",\"version\":" + std::to_string(link.version));
  return event;
}

bool outdates_redirect(const events::Event& event) {
  return event.type != kLinkCreated || event.data.find(kChosen) != std::string::npos;
}

}  // namespace ashlar::links
