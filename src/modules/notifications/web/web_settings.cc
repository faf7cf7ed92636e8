#include "modules/notifications/web/web_settings.h"

#include "platform/outbound/target.h"

namespace ashlar::notifications {

base::Error wrong_setting(const char* field, const char* reason, std::string detail) {
  return {base::Code::kInvalid, "invalid_request", detail, {{field, reason, detail}}};
}

base::Status check_operators_url(std::string_view url, std::string_view field) {
  ASHLAR_TRY(outbound::check_target(url, {.allow_private = true}, field));
  return base::ok_status();
}

base::Result<std::string> checked_origin(std::string_view url, std::string_view field) {
  ASHLAR_TRY(check_operators_url(url, field));
  std::string origin(url);
  while (origin.ends_with('/')) origin.pop_back();
  const std::size_t host = origin.find("://") + 3;
  if (origin.find_first_of("/?#", host) != std::string::npos) {
    const char* detail = "Give scheme, host and port alone.";
    return base::Error{base::Code::kInvalid,
                       "invalid_request",
                       detail,
                       {{std::string(field), "origin_malformed", detail}}};
  }
  return origin;
}

}  // namespace ashlar::notifications
