// ShlinkErrorFace: errors as Shlink's clients read them:
//
//   {"type":"https://shlink.io/api/error/short-url-not-found","title":"Short URL not found",
//    "detail":"…","status":404,"shortCode":"abc"}
//
// Clients choose by `type`. What Shlink has no type for keeps ours (platform/http/problem.h); every
// answer names our reason in `reason` besides. Input that is wrong is always 400 here, with the
// wrong fields in `invalidElements` by Shlink's names. Pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/http/error_face.h"

namespace ashlar::links::shlink {

// Members beyond those that every error has: {"shortCode", "abc"}.
using Extras = std::vector<std::pair<std::string_view, std::string>>;

http::Response error_response(const base::Error& error, std::string_view request_id,
                              const Extras& extras = {});

class ShlinkErrorFace final : public http::ErrorFace {
 public:
  [[nodiscard]] http::Response of_error(const base::Error& error,
                                        std::string_view request_id) const override;
  [[nodiscard]] http::Response of_refusal(int status, std::string_view reason,
                                          std::string_view detail,
                                          std::string_view request_id) const override;
  [[nodiscard]] http::Response of_quota(std::span<const std::string_view> violated,
                                        std::optional<std::chrono::seconds> retry_after,
                                        std::string_view request_id) const override;
};

// Lives as long as the program.
const http::ErrorFace& shlink_face();

// "/url" and "/rules/0/url" to "longUrl" and "redirectRules": what Shlink calls a field of /v1.
std::string element_of(std::string_view field);

}  // namespace ashlar::links::shlink
