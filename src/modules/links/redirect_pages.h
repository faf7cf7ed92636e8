// redirect_pages: what visitors get who are not redirected: a small page for browsers, a problem
// document for others; never to be kept by anybody. Pure.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/time.h"
#include "platform/http/response.h"

namespace ashlar::http {
struct RequestHead;
}

namespace ashlar::links {

struct Domain;

enum class Refusal : std::uint8_t { kUnknown, kExpired, kUsedUp, kDisabled, kFlagged };

http::Response refuse(Refusal refusal, const http::RequestHead& head, std::string_view request_id);
// On a domain (null: the installation's own host), which may lead elsewhere from what is unknown.
http::Response refuse_on(const Domain* domain, Refusal refusal, const http::RequestHead& head,
                         std::string_view request_id);

enum class PasswordAsked : std::uint8_t { kFirst, kWrong, kTooOften, kBusy };

// The form posts to /{code}/unlock. `retry_after`: of the last two.
http::Response ask_password(PasswordAsked why, std::string_view code, base::Seconds retry_after,
                            const http::RequestHead& head, std::string_view request_id);

// Any other page for visitors. `more`: HTML below the detail.
struct VisitorPage {
  int status;
  std::string_view reason;
  std::string_view title;
  std::string_view detail;
};
http::Response visitor_page(const VisitorPage& page, std::string_view more,
                            const http::RequestHead& head, std::string_view request_id);

}  // namespace ashlar::links
