// DubErrorFace: errors as Dub's clients read them:
//
//   {"error":{"code":"not_found","message":"There is no such
//   link.","doc_url":"https://dub.co/docs/api-reference/errors#not-found"}}
//
// The code is one of eleven, by the status; clients refuse any other. Our reason stands beside it,
// in "reason". Pure.
#pragma once

#include "platform/http/error_face.h"
#include "platform/json/writer.h"

namespace ashlar::links::dub {

class DubErrorFace final : public http::ErrorFace {
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
const http::ErrorFace& dub_face();

// "not_found", as of its status.
std::string_view code_of(const base::Error& error);
std::string message_of(const base::Error& error);

}  // namespace ashlar::links::dub
