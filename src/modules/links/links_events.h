// LinksEvents: what links publish (docs/events.md): link.created, link.updated and link.removed,
// aggregate "link", its id the link_key(); the data is the link as the API gives it, without its
// clicks.
//
// Pure; any thread.
#pragma once

#include <string_view>

#include "modules/links/link.h"
#include "platform/events/event.h"

namespace ashlar::links {

inline constexpr std::string_view kLinkCreated = "link.created";
inline constexpr std::string_view kLinkUpdated = "link.updated";
inline constexpr std::string_view kLinkRemoved = "link.removed";

// `chosen_code`: by the caller, not generated. Only of kLinkCreated.
events::NewEvent link_event(std::string_view type, const Link& link, std::string_view short_url,
                            bool chosen_code, std::string_view traceparent);

// Whether a redirect may have been kept that the event has made wrong: of any change, and of a
// chosen code's creation, which may be kept as unknown. A generated code was nobody's to ask for.
bool outdates_redirect(const events::Event& event);

}  // namespace ashlar::links
