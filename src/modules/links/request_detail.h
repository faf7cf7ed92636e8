// request_detail: what a request tells of the click that it is.
#pragma once

#include <string_view>

#include "modules/links/click_detail.h"
#include "platform/http/http_parser.h"

namespace ashlar::links {

// Views of what is given. `target`: the link's own URL.
inline ClickDetail detail_of(const http::RequestHead& head, std::string_view address,
                             std::string_view target) {
  return {.referrer = head.referer,
          .user_agent = head.user_agent,
          .query = head.query,
          .target = target,
          .address = address};
}

}  // namespace ashlar::links
